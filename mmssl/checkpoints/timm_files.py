"""Backbones in the names of timm and of Microsoft's Swin -> mmssl.

To start from weights that others trained on ImageNet. Swin's patch merging is
reordered (see :mod:`mmssl.checkpoints.layouts`); classifiers are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.conversion import (
    Conversion,
    refuse_unknown,
    without_wrapper,
)
from mmssl.checkpoints.dino_names import rename_resnet_key, rename_vit_key
from mmssl.checkpoints.file_formats import hint
from mmssl.checkpoints.layouts import concatenated_to_unfold
from mmssl.checkpoints.position_resize import (
    INDEX,
    TABLE,
    relative_position_index,
)

_SWIN = (
    (r'^patch_embed\.proj\.', 'patch_embed.projection.'),
    (r'\.attn\.', '.attn.w_msa.'),
    (r'\.mlp\.fc1\.', '.ffn.layers.0.0.'),
    (r'\.mlp\.fc2\.', '.ffn.layers.1.'),
    (r'^layers\.', 'stages.'),
)
_SWIN_KEY = re.compile(
    r'(?:patch_embed\.(?:proj|norm)|norm|layers\.\d+\.(?:downsample\.(?:norm|'
    r'reduction)|blocks\.\d+\.(?:norm[12]|attn\.(?:qkv|proj)|'
    r'mlp\.fc[12])))\.(?:weight|bias)|absolute_pos_embed|'
    r'layers\.\d+\.blocks\.\d+\.attn\.relative_position_(?:bias_table|index)'
)
_CLASSIFIER = re.compile(r'(head|fc|head_dist|fc_norm|pre_logits)\.')
_MASK = 'attn_mask'


def is_timm_checkpoint(checkpoint: Mapping[str, Any]) -> bool:
    """Tell ViTs and Swins in these names.

    Args:
        checkpoint: The loaded file.

    Example:
        >>> is_timm_checkpoint({'model': {'blocks.0.attn.qkv.weight': 1}})
        True
    """
    keys = {without_wrapper(str(key)) for key in _tensors(checkpoint)}
    return bool(keys & {'blocks.0.attn.qkv.weight', _first_table()})


def convert_timm_checkpoint(
    checkpoint: Mapping[str, Any], arch: str = 'auto'
) -> Conversion:
    """Rename a backbone's tensors, and reorder Swin's patch merging.

    Source: timm 1.0 and before 0.9, microsoft/Swin-Transformer (version 1);
        ViTs as timm names them (DeiT, DINO, MAE's encoder).
    Deviates: classifiers, masks and the states of training are dropped, and
        that is reported.

    Args:
        checkpoint: The loaded file; tensors may be under 'model' or
            'state_dict'.
        arch: Only ``'auto'``.

    Returns:
        The conversion; its ``meta`` has ``kind`` ('backbone') and ``arch``.

    Raises:
        ValueError: Neither ViT, Swin nor ResNet in these names, keys of
            unknown meaning, or a given ``arch``.
    """
    if arch != 'auto':
        raise ValueError(f"arch must be 'auto' for timm's files, got {arch!r}")
    tensors = {
        without_wrapper(str(k)): v for k, v in _tensors(checkpoint).items()
    }
    kept, dropped = {}, {}
    for key, tensor in tensors.items():
        if _CLASSIFIER.match(key):
            dropped[key] = 'the classifier'
        elif key.endswith(_MASK):
            dropped[key] = 'made anew for each size of the map'
        else:
            kept[key] = tensor
    renamed, state = _renamed(kept, checkpoint)
    found = identify(state)
    if found.family == 'swin':
        _add_indices(state, found)
    meta = {'kind': 'backbone', 'arch': found.name}
    return Conversion(
        state_dict={f'backbone.{k}': v for k, v in state.items()},
        renamed={key: f'backbone.{new}' for key, new in renamed.items()},
        dropped=dropped,
        meta=meta,
        method='timm or Microsoft',
        summary=f'backbone, {found.name}',
    )


def _tensors(checkpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    for entry in ('state_dict', 'model'):
        if isinstance(checkpoint.get(entry), Mapping):
            return checkpoint[entry]
    return checkpoint


def _first_table() -> str:
    return f'layers.0.blocks.0.attn.{TABLE}'


def _renamed(
    tensors: Mapping[str, Any], checkpoint: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return old -> new names, and the tensors by their new names."""
    others = [k for k, v in tensors.items() if not isinstance(v, Tensor)]
    if _first_table() in tensors:
        new = _rename_swin(tensors)
    elif 'blocks.0.attn.qkv.weight' in tensors:
        new = {key: rename_vit_key(key) for key in tensors}
    elif 'layer1.0.conv1.weight' in tensors:
        new = {key: rename_resnet_key(key) for key in tensors}
    else:
        raise ValueError(
            'this is neither a ViT, a Swin nor a ResNet in the names of timm '
            f'or Microsoft{hint(checkpoint)}'
        )
    refuse_unknown((k for k, n in new.items() if n is None), "timm's names")
    if others:
        raise ValueError(f'these keys hold no tensors: {sorted(others)[:5]}')
    names = {key: str(name) for key, name in new.items()}
    return names, {
        name: concatenated_to_unfold(tensors[key])
        if re.match(r'stages\.\d+\.downsample\.', name)
        else tensors[key]
        for key, name in names.items()
    }


def _rename_swin(tensors: Mapping[str, Any]) -> dict[str, str | None]:
    """Rename a Swin whose merging ends a stage, or begins the next one.

    Microsoft and timm before 0.9 have the former: ``layers.0.downsample``.
    """
    last = max(int(k.split('.')[1]) for k in tensors if k[:7] == 'layers.')
    begins = any(k.startswith(f'layers.{last}.downsample.') for k in tensors)
    renamed: dict[str, str | None] = {}
    for key in tensors:
        if not _SWIN_KEY.fullmatch(key):
            renamed[key] = None
            continue
        name = key
        for pattern, new in _SWIN:
            name = re.sub(pattern, new, name)
        name = re.sub(r'^norm\.', f'norm{last}.', name)
        match = re.match(r'stages\.(\d+)(\.downsample\..*)', name)
        if match and begins:
            name = f'stages.{int(match[1]) - 1}{match[2]}'
        renamed[key] = name
    return renamed


def _add_indices(state: dict[str, Tensor], found: Architecture) -> None:
    """Add the constant index where the file leaves it out."""
    index = relative_position_index(found.options['window_size'])
    for name in [n for n in state if n.endswith(TABLE)]:
        state.setdefault(name.replace(TABLE, INDEX), index)
