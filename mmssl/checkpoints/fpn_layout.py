"""A feature pyramid of torchvision's in the names of mmdet's.

Both compute the same (tested): 1x1 convolutions of the backbone's maps, the
coarser level added by nearest neighbours, 3x3 convolutions.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.utils.optional import require

_BLOCKS = {'inner_blocks': 'lateral_convs', 'layer_blocks': 'fpn_convs'}
_PLACE = re.compile(r'(inner_blocks|layer_blocks)\.(\d+)\.([01])\.(\w+)')


def fpn_to_mmdet(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of a pyramid.

    Args:
        state: Of a ``torchvision.ops.FeaturePyramidNetwork``.

    Returns:
        The same tensors by the names of mmdet's ``FPN``; norms are ``bn``
        with running statistics, else ``gn``.

    Raises:
        CheckpointError: A name has no place there (pooling and extra levels
            have no tensors; those of other pyramids do).

    Example:
        >>> list(fpn_to_mmdet({'inner_blocks.0.0.weight': torch.ones(1)}))
        ['lateral_convs.0.conv.weight']
    """
    norm = norm_of(state)
    renamed = {}
    for name, tensor in state.items():
        match = _PLACE.fullmatch(name)
        if match is None:
            raise CheckpointError(
                f"mmdet's FPN has no place for {name!r}: only the inner and "
                'layer blocks of a feature pyramid are converted'
            )
        block, level, member, rest = match.groups()
        part = 'conv' if member == '0' else norm
        renamed[f'{_BLOCKS[block]}.{level}.{part}.{rest}'] = tensor
    return renamed


def norm_of(state: Mapping[str, Tensor]) -> str:
    """Return mmcv's name of a pyramid's norm: 'bn', 'gn', or ''."""
    found = [_PLACE.fullmatch(name) for name in state]
    of_norms = {match[4] for match in found if match and match[3] == '1'}
    if 'running_mean' in of_norms:
        return 'bn'
    return 'gn' if of_norms else ''


def build_mmdet_fpn(state: Mapping[str, Tensor]) -> nn.Module | None:
    """Build the pyramid that an export is for, without weights.

    Args:
        state: Of the torchvision pyramid.

    Returns:
        mmdet's ``FPN``, or None where mmdet is not installed.

    Raises:
        CheckpointError: There are no 1x1 convolutions to size it by.
    """
    inner = [
        tensor
        for name, tensor in sorted(state.items(), key=lambda i: _level(i[0]))
        if re.fullmatch(r'inner_blocks\.\d+\.0\.weight', name)
    ]
    if not inner:
        raise CheckpointError('the pyramid has no inner blocks')
    if importlib.util.find_spec('mmdet') is None:
        return None
    fpn = require('mmdet.models.necks.fpn', "mmdet's FPN").FPN
    # The names of a group norm do not depend on its groups.
    norms = {
        '': None,
        'bn': dict(type='BN'),
        'gn': dict(type='GN', num_groups=1),
    }
    with torch.device('meta'):
        return fpn(
            in_channels=[tensor.shape[1] for tensor in inner],
            out_channels=inner[0].shape[0],
            num_outs=len(inner),
            norm_cfg=norms[norm_of(state)],
        )


def _level(name: str) -> int:
    """Return the level in a name, so that the tenth follows the ninth."""
    found = re.search(r'\.(\d+)\.', name)
    return int(found[1]) if found else -1
