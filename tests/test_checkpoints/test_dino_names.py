"""Names one by one; whole networks are in test_dino_official.py."""

import pytest

from mmssl.checkpoints.dino_names import (
    rename_head_key,
    rename_network_key,
    rename_resnet_key,
    rename_swin_key,
    rename_vit_key,
)


@pytest.mark.parametrize(
    ('old', 'new'),
    [
        ('cls_token', 'cls_token'),
        ('pos_embed', 'pos_embed'),
        ('patch_embed.proj.bias', 'patch_embed.projection.bias'),
        ('blocks.11.norm1.weight', 'layers.11.ln1.weight'),
        ('blocks.0.norm2.bias', 'layers.0.ln2.bias'),
        ('blocks.0.attn.qkv.weight', 'layers.0.attn.qkv.weight'),
        ('blocks.0.attn.proj.bias', 'layers.0.attn.proj.bias'),
        ('blocks.0.mlp.fc1.weight', 'layers.0.ffn.layers.0.0.weight'),
        ('blocks.0.mlp.fc2.weight', 'layers.0.ffn.layers.1.weight'),
        ('norm.weight', 'ln1.weight'),
        ('head.weight', None),
        ('blocks.0.ls1.gamma', None),
        ('xpos_embed', None),
    ],
)
def test_vit(old, new):
    assert rename_vit_key(old) == new


@pytest.mark.parametrize(
    ('old', 'new'),
    [
        ('mlp.0.weight', 'mlp.0.weight'),
        ('mlp.weight', 'mlp.weight'),  # one layer
        ('mlp.1.running_var', 'mlp.1.running_var'),
        ('last_layer.weight_g', 'last_layer.weight_g'),
        (
            'last_layer.parametrizations.weight.original1',
            'last_layer.weight_v',
        ),
        ('last_layer2.weight_v', None),  # iBOT
        ('last_layer.bias', None),
    ],
)
def test_head(old, new):
    assert rename_head_key(old) == new


def test_network__roots_and_wrapper():
    for key, want in (
        ('backbone.norm3.weight', 'backbone.norm3.weight'),
        ('module.backbone.norm3.weight', 'backbone.norm3.weight'),
        ('module.head.mlp.2.bias', 'neck.mlp.2.bias'),
        ('head.mlp', None),
        ('encoder.norm3.weight', None),
        ('backbone.norm.weight', None),
    ):
        assert rename_network_key(key, rename_swin_key) == want


def test_swin_and_resnet__only_what_they_have():
    table = 'stages.2.blocks.17.attn.w_msa.relative_position_bias_table'
    assert rename_swin_key(table) == table
    merging = 'stages.0.downsample.reduction.weight'
    assert rename_swin_key(merging) == merging
    assert rename_swin_key('stages.0.downsample.extra.weight') is None
    assert rename_resnet_key('bn1.running_mean') == 'bn1.running_mean'
    assert rename_resnet_key('layer5.0.conv1.weight') is None
