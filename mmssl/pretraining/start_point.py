"""A checkpoint that a pretraining starts from, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.latest import latest_checkpoint
from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.published import in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.pretraining.data_folder import PretrainError

_BACKBONE = 'backbone.'
_MLP = re.compile(r'neck\.mlp\.(\d+)\.weight')


@dataclass(frozen=True)
class StartPoint:
    """What a checkpoint says of the networks it holds.

    Attributes:
        path: The file, absolute.
        backbone: Config of its backbone; None where it cannot be told.
        name: Of the backbone, for people.
        neck: Sizes of its projector; empty without one.
    """

    path: Path
    backbone: dict[str, Any] | None
    name: str
    neck: dict[str, Any]


def find_start(path: str | Path) -> StartPoint:
    """Read which networks a checkpoint holds; its weights stay on disk.

    Args:
        path: A checkpoint, published files of DINO and SOLIDER included, or
            the work dir of a run, of which the newest is taken.

    Raises:
        PretrainError: There is none, or it holds no backbone.
    """
    file = Path(path).absolute()
    if file.is_dir():
        found = latest_checkpoint(file)
        if found is None:
            raise PretrainError(f'{file} holds no checkpoint to start from')
        file = found.absolute()
    try:
        checkpoint = in_our_names(load_checkpoint(file, map_location='meta'))
        state = state_of(checkpoint)
    except (CheckpointError, OSError, ValueError) as error:
        raise PretrainError(f'no start from {file}: {error}') from error
    own = {
        name[len(_BACKBONE) :]: tensor
        for name, tensor in state.items()
        if name.startswith(_BACKBONE)
    }
    if not own:
        raise PretrainError(
            f'{file} holds no backbone to start from: its tensors are '
            f'{", ".join(sorted(state)[:4])}, ...'
        )
    found_as = identify(own)
    model = config_in_meta(checkpoint)
    config = model.get('backbone') if isinstance(model, Mapping) else None
    if not isinstance(config, Mapping) or 'type' not in config:
        config = _config_of(found_as)
    return StartPoint(
        file, dict(config) if config else None, found_as.name, neck_of(state)
    )


def neck_of(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the sizes of a DINONeck by its tensors' shapes.

    Args:
        state: Tensors of a whole model.

    Example:
        >>> import torch
        >>> state = {'neck.mlp.0.weight': torch.ones(5, 8)}
        >>> state['neck.mlp.2.weight'] = torch.ones(3, 5)
        >>> state['neck.last_layer.weight_v'] = torch.ones(7, 3)
        >>> neck = neck_of(state)
        >>> neck['hid_channels'], neck['num_layers'], neck['num_prototypes']
        (5, 2, 7)
    """
    last = state.get('neck.last_layer.weight_v')
    linear = sorted(
        int(match[1])
        for name, match in ((n, _MLP.fullmatch(n)) for n in state)
        if match and state[name].dim() == 2
    )
    if last is None or not linear:
        return {}
    first = state[f'neck.mlp.{linear[0]}.weight']
    sizes: dict[str, Any] = dict(
        bottleneck_channels=last.shape[1],
        num_layers=len(linear),
        num_prototypes=last.shape[0],
        use_bn=any(
            name.startswith('neck.mlp.') and name.endswith('.running_var')
            for name in state
        ),
    )
    if len(linear) > 1:
        sizes['hid_channels'] = first.shape[0]
    return sizes


def _config_of(found: Architecture) -> dict[str, Any] | None:
    """Return the config of a recognised backbone, if its size tells all."""
    options = found.options
    if found.family == 'swin':
        return dict(
            type='SemanticSwinTransformer',
            arch=dict(
                embed_dims=options['embed_dims'],
                depths=list(options['depths']),
                num_heads=list(options['num_heads']),
            ),
            window_size=options['window_size'],
        )
    if found.family == 'resnet':
        return dict(type='SemanticResNet', depth=options['depth'])
    return None
