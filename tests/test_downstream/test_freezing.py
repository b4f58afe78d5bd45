"""What is frozen once another backbone is put in."""

from __future__ import annotations

import pytest

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.freezing import frozen_whole, trained_whole
from mmssl.downstream.maps import maps_of


def test_trained__nothing_stays_as_it_was_drawn():
    backbone = dict(
        type='mmdet.ResNet',
        frozen_stages=1,
        norm_cfg=dict(type='BN', requires_grad=False),
    )
    notes = trained_whole(backbone)
    assert backbone == dict(
        type='mmdet.ResNet',
        frozen_stages=-1,
        norm_eval=False,
        norm_cfg=dict(type='BN', requires_grad=True),
    )
    assert len(notes) == 3


def test_trained__what_is_free_already():
    swin = dict(type='SwinTransformer')
    resnet = dict(type='ResNet', norm_eval=False)
    assert trained_whole(swin) == trained_whole(resnet) == []
    assert swin == dict(type='SwinTransformer')


@pytest.mark.parametrize(
    'backbone',
    [
        dict(type='ResNet', depth=18),
        dict(
            type='SwinTransformer',
            arch=dict(embed_dims=12, depths=[1, 1, 1], num_heads=[1, 1, 2]),
            out_indices=(2,),
        ),
        dict(
            type='VisionTransformer',
            arch=dict(
                embed_dims=24,
                num_layers=2,
                num_heads=2,
                feedforward_channels=48,
            ),
            img_size=32,
            patch_size=16,
            out_type='featmap',
        ),
    ],
    ids=lambda b: b['type'],
)
def test_frozen__any_family(backbone):
    assert not maps_of(backbone, 'mmpretrain').frozen
    found, maps = frozen_whole(backbone, 'mmpretrain')
    assert maps.frozen
    assert maps_of(found, 'mmpretrain') == maps
    assert {k: found[k] for k in backbone} == backbone


def test_frozen__a_class_that_cannot_be():
    with pytest.raises(HandOffError, match='AlexNetBN cannot be frozen'):
        frozen_whole(dict(type='mmssl.AlexNetBN'), 'mmpretrain')
