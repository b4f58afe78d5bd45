"""Names in checkpoints of the published DINO and SOLIDER, and ours.

A network of either is ``backbone.*`` and ``head.*`` (an MLP, then a linear
layer with weight normalisation). Here the latter is the ``neck``. ViTs have
the names that timm gave them.
"""

from __future__ import annotations

import re
from typing import Callable

from mmssl.checkpoints.conversion import without_wrapper

Renamer = Callable[[str], 'str | None']

_HEAD = re.compile(
    r'mlp\.(?:\d+\.)?(?:weight|bias|running_mean|running_var|'
    r'num_batches_tracked)|last_layer\.weight_[gv]'
)
# torch's newer weight normalisation calls its two tensors otherwise.
_NEW_NORM = {
    'last_layer.parametrizations.weight.original0': 'last_layer.weight_g',
    'last_layer.parametrizations.weight.original1': 'last_layer.weight_v',
}
# Beginning or part of timm's name -> mm's, for a Vision Transformer.
_VIT = (
    (r'^patch_embed\.proj\.', 'patch_embed.projection.'),
    (r'^blocks\.(\d+)\.norm([12])\.', r'layers.\1.ln\2.'),
    (r'^blocks\.(\d+)\.attn\.', r'layers.\1.attn.'),
    (r'^blocks\.(\d+)\.mlp\.fc1\.', r'layers.\1.ffn.layers.0.0.'),
    (r'^blocks\.(\d+)\.mlp\.fc2\.', r'layers.\1.ffn.layers.1.'),
    (r'^norm\.', 'ln1.'),
)
_VIT_KEY = re.compile(
    r'cls_token|pos_embed|(?:patch_embed\.proj|norm|blocks\.\d+\.(?:'
    r'norm[12]|attn\.(?:qkv|proj)|mlp\.fc[12]))\.(?:weight|bias)'
)
_RESNET_KEY = re.compile(
    r'(?:conv1|bn1|layer[1-4]\.\d+\.(?:conv[123]|bn[123]|'
    r'downsample\.[01]))\.\w+'
)
_SWIN_KEY = re.compile(
    r'(?:patch_embed\.(?:projection|norm)|norm\d|'
    r'semantic_embed_[wb]\.\d+|stages\.\d+\.(?:downsample\.(?:norm|reduction)'
    r'|blocks\.\d+\.(?:norm[12]|attn\.w_msa\.(?:qkv|proj)|'
    r'ffn\.layers\.(?:0\.0|1))))\.(?:weight|bias)|absolute_pos_embed|'
    r'stages\.\d+\.blocks\.\d+\.attn\.w_msa\.relative_position_'
    r'(?:bias_table|index)'
)


def rename_network_key(key: str, backbone: Renamer) -> str | None:
    """Return our name of a key of student or teacher, None if it has none.

    Args:
        key: With or without ``'module.'``.
        backbone: Renames what follows ``'backbone.'``.

    Example:
        >>> rename_network_key('module.head.mlp.4.bias', rename_swin_key)
        'neck.mlp.4.bias'
    """
    root, _, rest = without_wrapper(key).partition('.')
    if root == 'backbone':
        new = backbone(rest)
        return None if new is None else f'backbone.{new}'
    if root == 'head':
        new = rename_head_key(rest)
        return None if new is None else f'neck.{new}'
    return None


def rename_head_key(key: str) -> str | None:
    """Return our name of a tensor of the published DINOHead.

    Example:
        >>> rename_head_key('last_layer.parametrizations.weight.original0')
        'last_layer.weight_g'
    """
    key = _NEW_NORM.get(key, key)
    return key if _HEAD.fullmatch(key) else None


def rename_vit_key(key: str) -> str | None:
    """Return mm's name of a tensor of a Vision Transformer.

    Args:
        key: As timm and the published DINO have it.

    Example:
        >>> rename_vit_key('blocks.3.mlp.fc2.bias')
        'layers.3.ffn.layers.1.bias'
    """
    if not _VIT_KEY.fullmatch(key):
        return None
    for pattern, new in _VIT:
        key = re.sub(pattern, new, key)
    return key


def rename_resnet_key(key: str) -> str | None:
    """Return the name of a ResNet's tensor: it is the same everywhere.

    Example:
        >>> rename_resnet_key('layer1.0.conv3.weight')
        'layer1.0.conv3.weight'
        >>> rename_resnet_key('fc.weight')
    """
    return key if _RESNET_KEY.fullmatch(key) else None


def rename_swin_key(key: str) -> str | None:
    """Return the name of a tensor of the published Swin: it is mm's already.

    Example:
        >>> rename_swin_key('semantic_embed_w.0.bias')
        'semantic_embed_w.0.bias'
        >>> rename_swin_key('layers.0.blocks.0.norm1.weight')
    """
    return key if _SWIN_KEY.fullmatch(key) else None
