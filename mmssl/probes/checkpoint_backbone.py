"""The backbone of any checkpoint: whose it is, and how it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.probes.pooling import pool_outputs
from mmssl.registry import MODELS

# Network of a checkpoint -> beginnings of its backbone's names, best first.
PREFIXES = {
    'student': ('backbone.', ''),
    'teacher': ('teacher.backbone.',),
}
# What a config says about training; a probe trains nothing.
_OF_TRAINING = ('frozen_stages', 'init_cfg', 'norm_eval', 'with_cp')


@dataclass(frozen=True)
class CheckpointBackbone:
    """A backbone found in a file.

    Attributes:
        path: The file.
        prefix: Beginning of its names in the file.
        config: For ``MODELS.build``.
        name: For people.
        origin: What the config was taken from.
    """

    path: str
    prefix: str
    config: dict[str, Any]
    name: str
    origin: str

    def pretrained(self, **changes: Any) -> dict[str, Any]:
        """Return the config that also loads the weights.

        Args:
            **changes: Of the config, e.g. ``out_indices``.
        """
        weights = dict(
            type='Pretrained',
            checkpoint=self.path,
            prefix=self.prefix or None,
            min_matched=1.0,
        )
        return dict(self.config, init_cfg=weights, **changes)

    def random(self, **changes: Any) -> dict[str, Any]:
        """Return the config with the class's own initial weights."""
        return dict(self.config, **changes)


def backbone_of_checkpoint(
    checkpoint: str | Path,
    network: str = 'student',
    backbone: Mapping[str, Any] | None = None,
) -> CheckpointBackbone:
    """Find the backbone of a checkpoint of any method.

    In this order: the config given; that which the checkpoint carries (read,
    never run); the names and shapes of its tensors, which tell plain ResNets,
    Swins, VGGs and AlexNet, also in the layout of torchvision's and timm's
    ResNets.

    Args:
        checkpoint: File of mmssl, mmdet, mmpretrain, an exported backbone, or
            torchvision's.
        network: 'student' (or the only one) or 'teacher'.
        backbone: Its config, for what is not recognised.

    Returns:
        What to build and where its weights are.

    Raises:
        ValueError: Unknown ``network``.
        CheckpointError: There is no backbone in it, or it is not recognised.
        FileNotFoundError: No such file.
    """
    if network not in PREFIXES:
        raise ValueError(
            f'network must be one of {", ".join(sorted(PREFIXES))}, got '
            f'{network!r}'
        )
    loaded = load_checkpoint(checkpoint)
    prefix, state = _part(loaded, network, str(checkpoint))
    architecture = identify(state)
    name = architecture.name
    if backbone is not None:
        return CheckpointBackbone(
            str(checkpoint), prefix, _plain(backbone), name, 'the given config'
        )
    model = config_in_meta(loaded)
    carried = model.get('backbone') if isinstance(model, Mapping) else None
    if isinstance(carried, Mapping) and 'type' in carried:
        return CheckpointBackbone(
            str(checkpoint),
            prefix,
            _plain(carried),
            name,
            'the config in the checkpoint',
        )
    return CheckpointBackbone(
        str(checkpoint),
        prefix,
        _recognised(architecture, str(checkpoint)),
        name,
        'names and shapes of the tensors',
    )


def channels_of(config: Mapping[str, Any], size: int = 64) -> tuple[int, ...]:
    """Build a backbone and run it once, to know its outputs' channels.

    Args:
        config: Of the backbone; nothing is loaded.
        size: Side of the image that goes through, px.

    Returns:
        Channels of each output, finest first.
    """
    with DefaultScope.overwrite_default_scope('mmssl'):
        network: nn.Module = MODELS.build(dict(config, init_cfg=None))
    network.eval()
    with torch.no_grad():
        outputs = network(torch.zeros(1, 3, size, size))
    if isinstance(outputs, Tensor):
        outputs = (outputs,)
    return tuple(pool_outputs(part).shape[1] for part in outputs)


def _part(
    loaded: Mapping[str, Any], network: str, path: str
) -> tuple[str, dict[str, Tensor]]:
    """Return the tensors of the network's backbone, and their prefix."""
    for prefix in PREFIXES[network]:
        try:
            return prefix, state_of(loaded, prefix)
        except CheckpointError as error:
            last = error
    raise CheckpointError(f'{path} has no backbone of a {network}: {last}')


def _recognised(architecture: Architecture, path: str) -> dict[str, Any]:
    """Return mmpretrain's config of a recognised backbone."""
    options = dict(architecture.options)
    if architecture.family == 'resnet':
        return dict(type='ResNet', **options)
    if architecture.family == 'vgg':
        norm = dict(type='BN') if options.pop('norm') else None
        return dict(type='VGG', norm_cfg=norm, **options)
    if architecture.family == 'swin':
        names = ('embed_dims', 'depths', 'num_heads')
        arch = {name: options.pop(name) for name in names}
        return dict(
            type='SwinTransformer', arch=arch, pad_small_map=True, **options
        )
    if architecture.family == 'alexnet':
        return dict(type='AlexNetBN')
    raise CheckpointError(
        f'{path} holds {architecture.name}, which is not recognised, and '
        'carries no config: name its backbone, e.g. --backbone resnet50, or '
        'the config that it was trained with, --config FILE'
    )


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config without what only training needs."""
    plain = {k: v for k, v in config.items() if k not in _OF_TRAINING}
    plain['type'] = str(plain['type'])
    return plain
