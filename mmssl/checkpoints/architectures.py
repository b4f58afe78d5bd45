"""Recognise a backbone by the names and shapes of its tensors.

So that an export needs no config, and a config that says something else is
caught.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isqrt
from typing import Any

import torch

_BASIC, _BOTTLENECK = 2, 3  # convolutions of a block
_RESNETS = {
    (_BASIC, (2, 2, 2, 2)): 18,
    (_BASIC, (3, 4, 6, 3)): 34,
    (_BOTTLENECK, (3, 4, 6, 3)): 50,
    (_BOTTLENECK, (3, 4, 23, 3)): 101,
    (_BOTTLENECK, (3, 8, 36, 3)): 152,
}
_VGGS = {8: 11, 10: 13, 13: 16, 16: 19}
# (channels, layers) -> heads, which leave no trace in shapes.
_VIT_HEADS = {
    (192, 12): 3,
    (384, 12): 6,
    (768, 12): 12,
    (1024, 24): 16,
    (1280, 32): 16,
}
# What makes a backbone follow lambda; the names of its tensors.
SEMANTIC = ('semantic_embed_w.', 'semantic_embed_b.')


@dataclass(frozen=True)
class Architecture:
    """A recognised backbone.

    Args:
        family: 'alexnet', 'resnet', 'swin', 'vgg', 'vit', or 'other'.
        name: For people, e.g. 'ResNet-50'.
        options: What its constructor needs, in our own words. Those of a
            ViT hold ``num_heads=None`` where the size is none of the usual
            ones, and ``grid=None`` where its patches form no square.
        semantic: Whether it has the layers that follow lambda.
    """

    family: str
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    semantic: bool = False


def identify(state: Mapping[str, torch.Tensor]) -> Architecture:
    """Return the architecture of an mmpretrain backbone's state dict.

    Args:
        state: Tensors without a prefix.

    Returns:
        The architecture; family 'other' if it is none of the known ones.

    Example:
        >>> identify({'stem.weight': torch.ones(1)}).family
        'other'
    """
    plain = {n: t for n, t in state.items() if not n.startswith(SEMANTIC)}
    semantic = len(plain) < len(state)
    for look in (_resnet, _swin, _vgg, _vit, _alexnet):
        found = look(plain)
        if found is not None:
            if not semantic:
                return found
            return replace(
                found,
                name=f'{found.name} that follows lambda',
                options=dict(found.options, **_stages(state, found.family)),
                semantic=True,
            )
    roots = sorted({name.split('.')[0] for name in state})
    return Architecture('other', f'a backbone of {", ".join(roots[:8])}')


def _stages(state: Mapping[str, torch.Tensor], family: str) -> dict[str, int]:
    """Return the option that says how often lambda acts in a ViT."""
    if family != 'vit':
        return {}
    found = [n for n in state if re.match(SEMANTIC[0] + r'\d+\.bias', n)]
    return {'semantic_stages': len(found)}


def _counts(state: Mapping[str, torch.Tensor], pattern: str) -> tuple:
    r"""Count the distinct second numbers for each first one.

    Args:
        state: Tensors by name.
        pattern: Regular expression with two groups, both numbers.

    Example:
        >>> names = ('layer1.0.a', 'layer1.1.a', 'layer2.0.a', 'layer2.0.b')
        >>> _counts(dict.fromkeys(names), r'layer(\d)\.(\d+)')
        (2, 1)
    """
    found = {m.groups() for m in (re.match(pattern, n) for n in state) if m}
    stages = sorted({int(stage) for stage, _ in found})
    return tuple(sum(int(s) == stage for s, _ in found) for stage in stages)


def _resnet(state: Mapping[str, torch.Tensor]) -> Architecture | None:
    # bn1: not with other norms, whose names and statistics differ
    needed = ('conv1.weight', 'bn1.weight', 'layer1.0.conv2.weight')
    if any(name not in state for name in needed):
        return None
    blocks = _counts(state, r'layer(\d)\.(\d+)\.')
    convs = _BOTTLENECK if 'layer1.0.conv3.weight' in state else _BASIC
    depth = _RESNETS.get((convs, blocks))
    # widths of ResNeXt and wide ResNets differ
    plain = tuple(state['layer1.0.conv2.weight'].shape[:2]) == (64, 64)
    plain &= tuple(state['conv1.weight'].shape) == (64, 3, 7, 7)
    if depth is None or not plain:
        return None
    return Architecture('resnet', f'ResNet-{depth}', dict(depth=depth))


def _swin(state: Mapping[str, torch.Tensor]) -> Architecture | None:
    table = 'stages.{}.blocks.0.attn.w_msa.relative_position_bias_table'
    if table.format(0) not in state or 'absolute_pos_embed' in state:
        return None
    depths = _counts(state, r'stages\.(\d+)\.blocks\.(\d+)\.')
    tables = [state[table.format(i)] for i in range(len(depths))]
    width, _, patch, _ = state['patch_embed.projection.weight'].shape
    window = (isqrt(tables[0].shape[0]) + 1) // 2
    bias = 'stages.0.downsample.reduction.bias' in state
    return Architecture(
        'swin',
        f'Swin ({width} channels, depths {"-".join(map(str, depths))}, '
        f'window {window})',
        dict(
            embed_dims=width,
            depths=depths,
            num_heads=tuple(t.shape[1] for t in tables),
            window_size=window,
            patch_size=patch,
            out_indices=tuple(
                i for i in range(len(depths)) if f'norm{i}.weight' in state
            ),
            **({'merging_bias': True} if bias else {}),
        ),
    )


def _vgg(state: Mapping[str, torch.Tensor]) -> Architecture | None:
    convs = [n for n in state if re.match(r'features\.\d+\.conv\.weight', n)]
    depth = _VGGS.get(len(convs))
    parts = {name.split('.')[2] for name in state if name.count('.') > 2}
    if depth is None or not parts <= {'conv', 'bn'}:
        return None
    norm = 'bn' in parts
    return Architecture(
        'vgg',
        f'VGG-{depth}' + ' with BatchNorm' * norm,
        dict(depth=depth, norm=norm),
    )


def _vit(state: Mapping[str, torch.Tensor]) -> Architecture | None:
    needed = ('pos_embed', 'layers.0.ln1.weight', 'layers.0.attn.qkv.weight')
    patches = state.get('patch_embed.projection.weight')
    if patches is None or any(name not in state for name in needed):
        return None
    plain = r'layers\.\d+\.(ln[12]|attn\.(qkv|proj)|ffn\.layers\.(0\.0|1))\.'
    others = r'(cls_token|pos_embed)$|patch_embed\.projection\.|ln1\.'
    if not all(re.match(f'{plain}|{others}', name) for name in state):
        return None  # layer scale, a second norm, registers
    width, _, patch, _ = patches.shape
    layers = len({n.split('.')[1] for n in state if n.startswith('layers.')})
    tokens = state['pos_embed'].shape[1] - ('cls_token' in state)
    side = isqrt(tokens)
    return Architecture(
        'vit',
        f'ViT ({width} channels, {layers} layers, patches of {patch} px)',
        dict(
            embed_dims=width,
            num_layers=layers,
            num_heads=_VIT_HEADS.get((width, layers)),
            feedforward_channels=len(state['layers.0.ffn.layers.0.0.weight']),
            patch_size=patch,
            grid=(side, side) if side * side == tokens else None,
            tokens=tokens,
            with_cls_token='cls_token' in state,
            final_norm='ln1.weight' in state,
            qkv_bias='layers.0.attn.qkv.bias' in state,
        ),
    )


def _alexnet(state: Mapping[str, torch.Tensor]) -> Architecture | None:
    """Recognise mmssl's AlexNetBN; its strides leave no trace in names."""
    modules = {name.rsplit('.', 2)[0] for name in state}
    layers = {f'conv{i}' for i in range(1, 6)} | {'fc6', 'fc7'}
    if modules != layers:
        return None
    return Architecture('alexnet', 'AlexNet with BatchNorm')
