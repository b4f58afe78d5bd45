"""Configs of recognised backbones, as mmpretrain and mmssl build them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.checkpoints.architectures import Architecture

_SWIN_ARCH = ('embed_dims', 'depths', 'num_heads')
_VIT_ARCH = ('embed_dims', 'num_layers', 'num_heads', 'feedforward_channels')


def mm_config(architecture: Architecture) -> dict[str, Any] | None:
    """Return the config of a backbone.

    Args:
        architecture: What :func:`~mmssl.checkpoints.architectures.identify`
            found.

    Returns:
        ``dict(type=..., ...)`` without a scope: types that follow lambda and
        AlexNet are mmssl's, the others mmpretrain's. None where names and
        shapes do not say all: an unknown family, a ViT of unusual heads or
        of no square image.

    Example:
        >>> mm_config(Architecture('resnet', 'ResNet-50', dict(depth=50)))
        {'type': 'ResNet', 'depth': 50}
    """
    options = dict(architecture.options)
    semantic = 'Semantic' * architecture.semantic
    if architecture.family == 'resnet':
        return dict(type=f'{semantic}ResNet', **options)
    if architecture.family == 'vgg':
        norm = dict(type='BN') if options.pop('norm') else None
        return dict(type='VGG', norm_cfg=norm, **options)
    if architecture.family == 'swin':
        arch = {name: options.pop(name) for name in _SWIN_ARCH}
        if options.pop('merging_bias', False):
            options['stage_cfgs'] = dict(downsample_cfg=dict(bias=True))
        return dict(type=f'{semantic}SwinTransformer', arch=arch, **options)
    if architecture.family == 'alexnet':
        return dict(type='AlexNetBN')
    if architecture.family == 'vit':
        return _vit_config(options, f'{semantic}VisionTransformer')
    return None


def with_any_heads(architecture: Architecture) -> Architecture:
    """Return a ViT's architecture with heads and a grid, to compare shapes.

    Neither has an effect on names and shapes.

    Args:
        architecture: Of any family.
    """
    options = dict(architecture.options)
    if architecture.family == 'vit':
        options['num_heads'] = options['num_heads'] or 1
        options['grid'] = options['grid'] or (options['tokens'], 1)
    return Architecture(
        architecture.family, architecture.name, options, architecture.semantic
    )


def _vit_config(
    options: Mapping[str, Any], kind: str
) -> dict[str, Any] | None:
    """Return the config of a ViT, None if heads or image are not known."""
    if not options['num_heads'] or not options['grid']:
        return None
    patch = options['patch_size']
    config: dict[str, Any] = dict(
        type=kind,
        arch={name: options[name] for name in _VIT_ARCH},
        img_size=tuple(patch * side for side in options['grid']),
        patch_size=patch,
    )
    if 'semantic_stages' in options:
        config['semantic_stages'] = options['semantic_stages']
    if not options['with_cls_token']:
        config.update(with_cls_token=False, out_type='avg_featmap')
    if not options['final_norm']:
        config['final_norm'] = False
    if not options['qkv_bias']:
        config['qkv_bias'] = False
    return config
