"""Build the network that an exported backbone is for, to check its names.

On the meta device: names and shapes are all that a check needs, and VGG's
classifier alone would take half a gigabyte.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Callable

import torch
from torch import nn

from mmssl.checkpoints.architectures import Architecture
from mmssl.checkpoints.backbone_configs import mm_config, with_any_heads
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.registry import MODELS
from mmssl.utils.optional import require

# Beginnings of names that a target has and a backbone has not.
HEADS = ('fc.', 'head.', 'classifier.', 'pre_logits.')


def build_target(
    architecture: Architecture, layout: str, backbone: dict | None = None
) -> nn.Module | None:
    """Build the target of an export.

    Args:
        architecture: Of the exported tensors.
        layout: 'mm', 'timm' or 'torchvision'.
        backbone: ``model.backbone`` of the config, used for layout 'mm' and
            an architecture that is not recognised.

    Returns:
        The network, with or without weights, or None where timm is not
        installed.

    Raises:
        CheckpointError: Layout 'mm', unknown architecture, no config.
    """
    if layout == 'mm':
        return _mm(architecture, backbone)
    if layout == 'timm' and importlib.util.find_spec('timm') is None:
        return None
    builders: dict[tuple[str, str], Callable[..., nn.Module]] = {
        ('timm', 'resnet'): _timm_resnet,
        ('timm', 'swin'): _timm_swin,
        ('timm', 'vgg'): _timm_vgg,
        ('timm', 'vit'): _timm_vit,
        ('torchvision', 'resnet'): _torchvision_resnet,
        ('torchvision', 'swin'): _torchvision_swin,
        ('torchvision', 'vgg'): _torchvision_vgg,
        ('torchvision', 'vit'): _torchvision_vit,
    }
    build = builders[layout, architecture.family]
    with torch.device('meta'):
        return build(**with_any_heads(architecture).options)


def _mm(architecture: Architecture, backbone: dict | None) -> nn.Module:
    """Build mmpretrain's class, which users without mmssl have, if any."""
    cfg = mm_config(with_any_heads(architecture))
    if cfg is not None:
        known = architecture.semantic or architecture.family == 'alexnet'
        cfg['type'] = ('mmssl.' if known else 'mmpretrain.') + cfg['type']
    elif backbone is not None:
        cfg = dict(backbone, init_cfg=None)
    else:
        raise CheckpointError(
            f'{architecture.name} is not recognised: give the config that '
            'the checkpoint was trained with, so that the result is checked'
        )
    return MODELS.build(cfg)


def _timm_resnet(depth: int) -> nn.Module:
    timm = require('timm', 'the timm layout')
    return timm.create_model(f'resnet{depth}', num_classes=0)


def _timm_vgg(depth: int, norm: bool) -> nn.Module:
    timm = require('timm', 'the timm layout')
    return timm.create_model(f'vgg{depth}' + '_bn' * norm, num_classes=0)


def _timm_swin(
    embed_dims: int,
    depths: tuple,
    num_heads: tuple,
    window_size: int,
    patch_size: int,
    out_indices: tuple,
) -> nn.Module:
    module = require('timm.models.swin_transformer', 'the timm layout')
    return module.SwinTransformer(
        embed_dim=embed_dims,
        depths=depths,
        num_heads=num_heads,
        window_size=window_size,
        patch_size=patch_size,
        num_classes=0,
        # timm shrinks the window to the map: the last is 1/8 of the first
        img_size=patch_size * 8 * window_size,
    )


def _timm_vit(
    embed_dims: int,
    num_layers: int,
    num_heads: int,
    feedforward_channels: int,
    patch_size: int,
    grid: Sequence[int],
    tokens: int,
    with_cls_token: bool,
    final_norm: bool,
    qkv_bias: bool,
) -> nn.Module:
    module = require('timm.models.vision_transformer', 'the timm layout')
    return module.VisionTransformer(
        img_size=tuple(patch_size * side for side in grid),
        patch_size=patch_size,
        num_classes=0,
        embed_dim=embed_dims,
        depth=num_layers,
        num_heads=num_heads,
        mlp_ratio=feedforward_channels / embed_dims,
        qkv_bias=qkv_bias,
        class_token=with_cls_token,
        global_pool='token' if with_cls_token else 'avg',
        fc_norm=False,
    )


def _torchvision_resnet(depth: int) -> nn.Module:
    models = require('torchvision.models', 'the torchvision layout')
    return getattr(models, f'resnet{depth}')(weights=None)


def _torchvision_vgg(depth: int, norm: bool) -> nn.Module:
    models = require('torchvision.models', 'the torchvision layout')
    build = getattr(models, f'vgg{depth}' + '_bn' * norm)
    return build(weights=None, init_weights=False)


def _torchvision_swin(
    embed_dims: int,
    depths: tuple,
    num_heads: tuple,
    window_size: int,
    patch_size: int,
    out_indices: tuple,
) -> nn.Module:
    models = require('torchvision.models', 'the torchvision layout')
    return models.swin_transformer.SwinTransformer(
        patch_size=[patch_size] * 2,
        embed_dim=embed_dims,
        depths=list(depths),
        num_heads=list(num_heads),
        window_size=[window_size] * 2,
    )


def _torchvision_vit(
    embed_dims: int,
    num_layers: int,
    num_heads: int,
    feedforward_channels: int,
    patch_size: int,
    grid: Sequence[int],
    tokens: int,
    with_cls_token: bool,
    final_norm: bool,
    qkv_bias: bool,
) -> nn.Module:
    models = require('torchvision.models', 'the torchvision layout')
    if grid[0] != grid[1]:
        raise CheckpointError(
            "torchvision's ViT takes square images only, and this one was "
            f'trained with {grid[0]}x{grid[1]} patches: use layout "timm"'
        )
    return models.VisionTransformer(
        image_size=patch_size * grid[0],
        patch_size=patch_size,
        num_layers=num_layers,
        num_heads=num_heads,
        hidden_dim=embed_dims,
        mlp_dim=feedforward_channels,
    )
