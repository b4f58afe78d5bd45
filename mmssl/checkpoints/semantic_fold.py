"""Fold one lambda into a backbone: the plain network with the same features.

At a fixed lambda the controller is ``x <- x * s + t``, a constant scale and
shift of every channel. Where a linear layer without padding stands beside it,
the two become one layer:

* Swin: the patch merging's reduction before it takes both, the scale into
  its rows, the shift as its bias.
* ResNet-50 and deeper: the 1x1 convolutions after it (``conv1`` and
  ``downsample`` of the next layer's first block) take the scale into their
  columns; what they make of the shift is a constant, which the running mean
  of the batch norm behind them takes. In training mode, batch statistics
  remove it as well.

It cannot be done for two backbones, and is refused rather than approximated:

* ResNet-18 and -34: the next layer begins with a padded 3x3 convolution. The
  zeros around the map are not shifted, so no bias is right at the border.
* ViT: the stream goes on beside every layer, through no linear layer at all,
  and layer norm (which looks at all channels) does not commute with s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.models.backbones.semantic_control import scale_and_shift
from mmssl.models.backbones.semantic_swin import strided_stages
from mmssl.utils.semantic_weight import check_semantic_weight

State = dict[str, Tensor]

_EMBEDDING = re.compile(r'semantic_embed_([wb])\.(\d+)\.(weight|bias)$')
_PLAIN = {
    'SemanticResNet': 'ResNet',
    'SemanticSwinTransformer': 'SwinTransformer',
    'SemanticVisionTransformer': 'VisionTransformer',
}
_OWN_KEYS = ('semantic_weight', 'semantic_stages')
_UNFOLDED = 'export it unfolded (its lambda stays adjustable with mmssl)'


def is_semantic(state: Mapping[str, Tensor]) -> bool:
    """Whether a backbone's tensors (without prefix) depend on lambda.

    Example:
        >>> is_semantic({'norm3.weight': 1})
        False
    """
    return any(_EMBEDDING.match(name) for name in state)


def fold_semantic_weight(
    state: Mapping[str, Tensor], semantic_weight: float
) -> State:
    """Return the plain backbone that gives the same features at one lambda.

    Computed in float64, given back in the tensors' own dtype. The names are
    those of the plain backbone; only Swin gets new ones, a
    ``downsample.reduction.bias`` for each stage but the last.

    Source: Chen et al. 2023 (SOLIDER), eq. of the controller at a fixed v.
    Deviates: none; equal to the unfolded network to rounding.

    Args:
        state: A semantic backbone's tensors, without a prefix; not changed.
        semantic_weight: Lambda in [0, 1].

    Raises:
        ValueError: Lambda is out of range.
        CheckpointError: The tensors have no lambda, or it cannot be folded
            into this backbone exactly (ViT, ResNet-18 and -34, norms without
            running statistics).
    """
    value = check_semantic_weight(semantic_weight)
    if not is_semantic(state):
        raise CheckpointError(
            'no semantic_embed_w/_b among the tensors: this backbone has no '
            'lambda (a plain network, or folded already); export it as it is'
        )
    plain = {k: v for k, v in state.items() if not _EMBEDDING.match(k)}
    if 'layers.0.ln1.weight' in plain:
        raise CheckpointError(
            'lambda cannot be folded into a plain ViT: its residual stream '
            f'passes through no linear layer; {_UNFOLDED}'
        )
    if 'layer1.0.conv1.weight' in plain:
        fold = _fold_resnet
    elif 'stages.0.blocks.0.attn.w_msa.qkv.weight' in plain:
        fold = _fold_swin
    else:
        raise CheckpointError(
            f'lambda can be folded into Swin and ResNet; this is neither; '
            f'{_UNFOLDED}'
        )
    stages = sum(
        bool(re.match(r'semantic_embed_w\.\d+\.bias', n)) for n in state
    )
    for stage in range(stages - 1):  # the last one acts on nothing
        fold(plain, stage, *_factors(state, stage, value))
    return plain


def plain_backbone(backbone: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of the plain backbone for folded weights.

    Args:
        backbone: ``model.backbone`` of a config with a Semantic type; any
            other is given back as it is. Not changed.

    Returns:
        A config for mmpretrain's class, which needs no mmssl.

    Example:
        >>> cfg = dict(type='SemanticResNet', depth=50, semantic_weight=0.2)
        >>> plain_backbone(cfg)
        {'type': 'mmpretrain.ResNet', 'depth': 50}
    """
    cfg = dict(backbone)
    kind = str(cfg.get('type', '')).split('.')[-1]
    if kind not in _PLAIN:
        return cfg
    folded = not cfg.get('semantic_weight', 0.0) < 0
    cfg = {k: v for k, v in cfg.items() if k not in _OWN_KEYS}
    cfg['type'] = f'mmpretrain.{_PLAIN[kind]}'
    if kind == 'SemanticSwinTransformer':
        strides = tuple(cfg.pop('strides', (4, 2, 2, 2)))
        stages = strided_stages(strides, cfg.get('stage_cfgs'))
        for stage in stages[:-1] if folded else ():
            stage['downsample_cfg']['bias'] = True
        cfg['stage_cfgs'] = stages
        cfg['patch_cfg'] = dict(
            dict(stride=strides[0]), **(cfg.get('patch_cfg') or {})
        )
        cfg.setdefault('pad_small_map', True)
    return cfg


def _factors(
    state: Mapping[str, Tensor], stage: int, value: float
) -> tuple[Tensor, Tensor]:
    """Return scale and shift behind a stage, (C,) each, float64."""
    scale, shift = (
        scale_and_shift(
            state[f'semantic_embed_{kind}.{stage}.weight'].double(),
            state[f'semantic_embed_{kind}.{stage}.bias'].double(),
            value,
        )
        for kind in 'wb'
    )
    return F.softplus(scale), shift


def _fold_swin(plain: State, stage: int, scale: Tensor, shift: Tensor) -> None:
    """Change the patch merging of a stage, in place of the dict's entries."""
    target = f'stages.{stage}.downsample.reduction.'
    weight, bias = plain[f'{target}weight'], plain.get(f'{target}bias')
    if bias is not None:
        shift = shift + scale * bias.double()
    rows = weight.double() * scale[:, None]
    plain[f'{target}weight'] = rows.to(weight.dtype)
    plain[f'{target}bias'] = shift.to(weight.dtype)


def _fold_resnet(
    plain: State, stage: int, scale: Tensor, shift: Tensor
) -> None:
    """Change what reads the map of a layer: two convolutions, two norms."""
    block = f'layer{stage + 2}.0.'
    if tuple(plain[f'{block}conv1.weight'].shape[2:]) != (1, 1):
        raise CheckpointError(
            f'lambda cannot be folded into this ResNet: {block}conv1 pads '
            'its input with zeros, which are not shifted (ResNet-50 and '
            f'deeper begin with 1x1 convolutions); {_UNFOLDED}'
        )
    for conv, norm in _readers(plain, block):
        weight = plain[f'{conv}weight']
        columns = weight.double().flatten(1)
        new = weight.double() * scale.view(1, -1, 1, 1)
        mean = plain[f'{norm}running_mean']
        plain[f'{conv}weight'] = new.to(weight.dtype)
        moved = mean.double() - columns @ shift
        plain[f'{norm}running_mean'] = moved.to(mean.dtype)


def _readers(plain: State, block: str) -> list[tuple[str, str]]:
    """Return the names of (convolution, norm) that a block begins with."""
    # with avg_down, downsample.0 is a pooling, which keeps constants
    down = '1' if f'{block}downsample.2.weight' in plain else '0'
    pairs = [
        (f'{block}conv1.', f'{block}bn1.'),
        (
            f'{block}downsample.{down}.',
            f'{block}downsample.{int(down) + 1}.',
        ),
    ]
    for conv, norm in pairs:
        names = (f'{conv}weight', f'{norm}running_mean')
        missing = [name for name in names if name not in plain]
        if missing:
            raise CheckpointError(
                f'lambda cannot be folded into this ResNet: it has no '
                f'{missing[0]}, and only a batch norm with running '
                f'statistics can take the shift; {_UNFOLDED}'
            )
    return pairs
