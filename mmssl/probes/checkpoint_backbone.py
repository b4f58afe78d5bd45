"""The backbone of any checkpoint: whose it is, and how it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.backbone_configs import mm_config
from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.parts import find_part
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.published import in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.probes.pooling import pool_outputs
from mmssl.registry import MODELS
from mmssl.utils.semantic_weight import check_semantic_weight

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
        part: 'student' or 'teacher'.
    """

    path: str
    prefix: str
    config: dict[str, Any]
    name: str
    origin: str
    part: str = 'student'

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

    def pretrained_fpn(self) -> tuple[dict[str, Any], int]:
        """Find the file's pyramid.

        Returns:
            The ``init_cfg`` of a region that has it; its channels.

        Raises:
            CheckpointError: The file has no pyramid.
        """
        prefix = find_part(self.part).fpn
        try:
            state = state_of(load_checkpoint(self.path), prefix)
        except CheckpointError as error:
            raise CheckpointError(
                f'{self.path} has no feature pyramid of ours: {error}. '
                'Without one, judge the last map (no --fpn)'
            ) from None
        weights = dict(
            type='Pretrained',
            checkpoint=self.path,
            prefix=prefix[: -len('fpn.')],
            min_matched=1.0,
        )
        return weights, len(state['layer_blocks.0.0.weight'])

    def random(self, **changes: Any) -> dict[str, Any]:
        """Return the config with the class's own initial weights."""
        return dict(self.config, **changes)

    def at_lambda(self, value: float | None) -> CheckpointBackbone:
        """Return the same backbone with another default lambda.

        Args:
            value: In [0, 1]; None: as it is.

        Raises:
            ValueError: Out of range.
            CheckpointError: The backbone takes no lambda.
        """
        if value is None:
            return self
        number = check_semantic_weight(value)
        with DefaultScope.overwrite_default_scope('mmssl'):
            kind = MODELS.get(self.config['type'])
        plain = self.config.get('semantic_weight', 0.0) < 0
        if plain or not hasattr(kind, 'accepts_semantic_weight'):
            raise CheckpointError(
                f'{self.path} holds {self.name}, which takes no lambda; '
                'leave the semantic weight out (backbones that SOLIDER '
                'trained take one, unless it was folded in on export)'
            )
        changed = dict(self.config, semantic_weight=number)
        return replace(self, config=changed)


def backbone_of_checkpoint(
    checkpoint: str | Path,
    part: str = 'student',
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
        part: 'student' (or the only one) or 'teacher'.
        backbone: Its config, for what is not recognised.

    Returns:
        What to build and where its weights are.

    Raises:
        ValueError: Unknown ``part``.
        CheckpointError: There is no backbone in it, or it is not recognised.
        FileNotFoundError: No such file.
    """
    loaded = load_checkpoint(checkpoint)
    return backbone_in(loaded, str(checkpoint), part, backbone)


def backbone_in(
    loaded: Mapping[str, Any],
    path: str,
    part: str = 'student',
    backbone: Mapping[str, Any] | None = None,
) -> CheckpointBackbone:
    """Find the backbone in what a checkpoint holds.

    Args:
        loaded: As :func:`~mmssl.checkpoints.safe_load.load_checkpoint`
            returns it.
        path: Its file, for messages.
        part: 'student' (or the only one) or 'teacher'.
        backbone: Its config, for what is not recognised.

    Returns:
        See :func:`backbone_of_checkpoint`, which reads the file, too.

    Raises:
        ValueError: Unknown ``part``.
        CheckpointError: There is no backbone in it, or it is not recognised.
    """
    loaded = in_our_names(loaded)
    prefix, state = _tensors(loaded, find_part(part).backbone, part, path)
    architecture = identify(state)
    model = config_in_meta(loaded)
    carried = model.get('backbone') if isinstance(model, Mapping) else None
    if backbone is not None:
        config, origin = _plain(backbone), 'the given config'
    elif isinstance(carried, Mapping) and 'type' in carried:
        config, origin = _plain(carried), 'the config in the checkpoint'
    else:
        config = _recognised(architecture, path)
        origin = 'names and shapes of the tensors'
    known = architecture.family != 'other'
    name = architecture.name if known else str(config['type'])
    return CheckpointBackbone(path, prefix, config, name, origin, part)


def channels_of(config: Mapping[str, Any], size: int = 224) -> tuple[int, ...]:
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


def _tensors(
    loaded: Mapping[str, Any], prefix: str, part: str, path: str
) -> tuple[str, dict[str, Tensor]]:
    """Return the tensors of the part's backbone, and their prefix.

    Files with one backbone alone have no prefix.
    """
    try:
        return prefix, state_of(loaded, prefix)
    except CheckpointError as error:
        if part != 'student':
            raise CheckpointError(f'{path} has no {part}: {error}') from None
        return '', state_of(loaded)


def _recognised(architecture: Architecture, path: str) -> dict[str, Any]:
    """Return mmpretrain's config of a recognised backbone."""
    config = mm_config(architecture)
    if config is not None:
        if architecture.family == 'swin':
            config['pad_small_map'] = True
        return config
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
