"""Backbones in the words of each host."""

from __future__ import annotations

import pytest

from mmssl.downstream.exported import Exported
from mmssl.downstream.host_backbones import host_backbone

SWIN = dict(
    type='SwinTransformer',
    arch=dict(embed_dims=32, depths=(1, 2, 4), num_heads=(1, 2, 4)),
    window_size=4,
    patch_size=4,
    out_indices=[2],
)


def net(config, **more):
    return Exported(config=config, name='a', **more)


def test_resnet__keeps_what_the_task_says_of_its_own():
    own = dict(
        type='ResNetV1c',
        depth=50,
        dilations=(1, 1, 2, 4),
        strides=(1, 2, 1, 1),
        frozen_stages=1,
        deep_stem=True,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    )
    found = host_backbone(
        net(dict(type='ResNet', depth=18)), 'mmseg', own, True
    )
    assert found == dict(
        type='ResNet',
        depth=18,
        dilations=(1, 1, 2, 4),
        strides=(1, 2, 1, 1),
        frozen_stages=1,
    )
    assert own['depth'] == 50


def test_resnet__in_place_of_another_family():
    found = host_backbone(
        net(dict(type='ResNet', depth=50)), 'mmpose', dict(type='Swin'), False
    )
    assert (found['type'], found['depth']) == ('ResNet', 50)
    assert found['out_indices'] == [3]


@pytest.mark.parametrize('host', ['mmdet', 'mmpose', 'mmseg'])
def test_swin__flat_arguments(host):
    own = dict(type='ResNet', depth=18, frozen_stages=1)
    found = host_backbone(net(SWIN), host, own, True)
    assert found == dict(
        type='SwinTransformer',
        embed_dims=32,
        depths=[1, 2, 4],
        num_heads=[1, 2, 4],
        window_size=4,
        patch_size=4,
        strides=[4, 2, 2],
        out_indices=[0, 1, 2],
    )


def test_swin__strides_of_the_task_before_those_of_the_training():
    own = dict(type='SwinTransformer', strides=(4, 2, 1), drop_path_rate=0.3)
    given = net(SWIN, strides=(4, 1, 1))
    found = host_backbone(given, 'mmpose', own, False)
    assert (found['strides'], found['drop_path_rate']) == ([4, 2, 1], 0.3)
    assert found['out_indices'] == [2]
    other = host_backbone(given, 'mmpose', dict(type='ResNet'), False)
    assert other['strides'] == [4, 1, 1]
    longer = dict(own, strides=(4, 2, 2, 1))  # of four stages
    assert host_backbone(given, 'mmpose', longer, False)['strides'] == [
        4,
        1,
        1,
    ]


def test_swin__in_place_of_one_that_follows_lambda():
    own = dict(
        type='mmssl.SemanticSwinTransformer',
        arch=dict(embed_dims=96, depths=[2, 2, 2], num_heads=[3, 6, 12]),
        semantic_weight=0.8,
        img_size=(128, 64),
        strides=(4, 2, 1),
        drop_path_rate=0.0,
    )
    found = host_backbone(net(SWIN), 'mmpose', own, False)
    assert found == dict(
        type='SwinTransformer',
        embed_dims=32,
        depths=[1, 2, 4],
        num_heads=[1, 2, 4],
        window_size=4,
        patch_size=4,
        strides=[4, 2, 1],
        drop_path_rate=0.0,
        out_indices=[2],
    )


def test_swin__in_mmpretrain_and_with_a_bias_in_any_host():
    found = host_backbone(net(SWIN), 'mmpretrain', dict(type='ResNet'), False)
    assert found['type'] == 'mmpretrain.SwinTransformer'
    assert found['arch']['depths'] == [1, 2, 4]
    assert found['pad_small_map'] is True
    biased = dict(SWIN, stage_cfgs=dict(downsample_cfg=dict(bias=True)))
    found = host_backbone(
        net(biased, strides=(4, 2, 1)), 'mmdet', dict(type='ResNet'), True
    )
    assert found['type'] == 'mmpretrain.SwinTransformer'
    assert found['stage_cfgs'] == [
        dict(downsample_cfg=dict(bias=True, stride=2)),
        dict(downsample_cfg=dict(bias=True, stride=1)),
        {},
    ]
    found = host_backbone(net(biased), 'mmdet', dict(type='ResNet'), True)
    assert found['stage_cfgs'] == dict(downsample_cfg=dict(bias=True))


@pytest.mark.parametrize(
    ('config', 'kind', 'more'),
    [
        (dict(type='AlexNetBN'), 'mmssl.AlexNetBN', {}),
        (
            dict(type='VGG', depth=11, norm_cfg=None),
            'mmpretrain.VGG',
            dict(norm_cfg=None),
        ),
        (
            dict(type='VisionTransformer', img_size=[64, 64]),
            'mmpretrain.VisionTransformer',
            dict(out_type='featmap'),
        ),
        (
            dict(type='SemanticResNet', depth=18, semantic_weight=0.2),
            'mmssl.SemanticResNet',
            dict(out_indices=[0, 1, 2, 3], semantic_weight=0.2),
        ),
        (dict(type='mmpretrain.ConvNeXt'), 'mmpretrain.ConvNeXt', {}),
    ],
)
def test_others__are_taken_from_where_they_are(config, kind, more):
    found = host_backbone(net(config), 'mmdet', dict(type='ResNet'), True)
    assert found['type'] == kind
    assert {name: found[name] for name in more} == more


def test_vgg__keeps_the_tasks_outputs_and_the_files_norm():
    own = dict(
        type='mmpretrain.VGG',
        depth=16,
        norm_cfg=dict(type='BN'),
        out_indices=(4,),
        with_last_pool=False,
    )
    given = net(dict(type='VGG', depth=11, norm_cfg=None))
    assert host_backbone(given, 'mmdet', own, False) == dict(
        own, depth=11, norm_cfg=None
    )
