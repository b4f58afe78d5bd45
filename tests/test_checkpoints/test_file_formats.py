"""Files of other projects are told by their names, with what to do."""

import pytest
import torch
from mmpretrain.models import ResNet, SwinTransformer, VisionTransformer

from mmssl.checkpoints.architectures import identify
from mmssl.checkpoints.file_formats import describe_file, hint
from mmssl.checkpoints.layouts import to_layout

ARCH = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
VIT = dict(embed_dims=16, num_layers=1, num_heads=2, feedforward_channels=32)
SWIN_KEY = 'stages.0.blocks.0.attn.w_msa.qkv.weight'


def swin(layout):
    state = SwinTransformer(ARCH).state_dict()
    return to_layout(state, identify(state), layout)


def vit(layout):
    state = VisionTransformer(VIT, img_size=32).state_dict()
    return to_layout(state, identify(state), layout)


def named(*names):
    return dict.fromkeys(names, 0)


RESNET = {'conv1.weight': 0, 'layer1.0.conv1.weight': 0}


@pytest.mark.parametrize(
    ('file', 'says', 'fix'),
    [
        (swin('timm'), "Microsoft's files or of timm", '--method timm'),
        ({'model': swin('timm')}, "Microsoft's files", 'is reordered'),
        (swin('torchvision'), "torchvision's Swin", 'from timm'),
        (vit('timm'), 'a ViT in the names of timm', '--method timm'),
        (vit('torchvision'), "torchvision's ViT", 'from timm'),
        (
            named('vit.encoder.layer.0.attention.attention.query.weight'),
            'Hugging Face',
            'from timm',
        ),
        (
            named('layers.0.blocks.0.attn.logit_scale'),
            'a Swin of version 2',
            'no converter',
        ),
        (
            {'online_network_state_dict': {}, 'epoch': 1},
            'published SCRL or BYOL',
            '--method scrl',
        ),
        (
            {'state_dict': named('module.image_encoder.conv1.weight')},
            'published CMP',
            '--method cmp',
        ),
        (
            named(
                f'base.{SWIN_KEY}', 'bottleneck.weight', 'classifier.weight'
            ),
            're-identification',
            '--prefix base.',
        ),
        (
            {
                'teacher': named('backbone.masked_embed'),
                'student': named('module.head.mlp.0.weight'),
            },
            'iBOT or DINOv2',
            'no converter',
        ),
        (
            {'model': named('mask_token', 'decoder_blocks.0.norm1.weight')},
            'a file of MAE',
            'its encoder alone',
        ),
        (
            {'state_dict': named('module.encoder_q.conv1.weight')},
            'a file of MoCo',
            'its encoder alone',
        ),
        (
            {'teacher': named(f'backbone.{SWIN_KEY}', 'head.mlp.0.bias')},
            'published SOLIDER',
            '--method solider',
        ),
        (
            {'teacher': named('backbone.layer1.0.bn1.bias', 'head.mlp.0.b')},
            'a published DINO file',
            '--method dino',
        ),
        ({**RESNET, 'fc.weight': 0}, 'a classifier', 'init_cfg'),
        (RESNET, 'a bare ResNet', '--method cmp or --method dino'),
        (
            {'state_dict': named('backbone.conv1.weight', 'rpn_head.a')},
            'mmdet or mmseg',
            '--prefix backbone.',
        ),
        (
            {'state': {}, 'param_groups': []},
            'a state of an optimiser',
            'saved with the weights',
        ),
        (
            {'optimizer': {}, 'epoch': 3, 'fp16_scaler': {}},
            'a state of an optimiser',
            'saved with the weights',
        ),
        (torch.ones(2, 3), 'a single tensor of shape (2, 3)', 'a dict'),
        ([1, 2], 'a saved list', 'a dict'),
    ],
)
def test_foreign__what_it_is_and_the_fix(file, says, fix):
    text = hint(file)
    assert text.startswith('; it looks like ')
    assert says in text
    assert fix in text


@pytest.mark.parametrize(
    'file',
    [
        {'state_dict': named('backbone.conv1.weight', 'head.center')},
        SwinTransformer(ARCH).state_dict(),
    ],
)
def test_ours__named_but_no_hint(file):
    assert 'needs no conversion' in describe_file(file).fix
    assert hint(file) == ''


def test_unknown__nothing_is_guessed():
    assert describe_file({'a': 1, 'b': {'conv1.weight': 1}}) is None
    assert hint({}) == ''
    assert hint(ResNet(18).state_dict()) != ''
