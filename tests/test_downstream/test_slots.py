"""Channels written where a task's config takes them."""

from __future__ import annotations

import pytest
from mmengine.config import Config

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.maps import Maps
from mmssl.downstream.slots import fill_slots

R50 = Maps((256, 512, 1024, 2048), (4, 8, 16, 32))
SWIN = Maps((32, 64, 128), (4, 8, 16))


def segmentor():
    return Config(
        dict(
            model=dict(
                decode_head=dict(in_channels=2048, channels=512, in_index=3),
                auxiliary_head=[dict(in_channels=1024, in_index=2)],
            )
        )
    )


def test_slots__of_a_segmentor_with_an_auxiliary_head():
    config = segmentor()
    notes = fill_slots(
        config,
        dict(
            last=['model.decode_head.in_channels'],
            before_last='model.auxiliary_head.0.in_channels',
        ),
        SWIN,
        R50,
    )
    assert config.model.decode_head == dict(
        in_channels=128, channels=512, in_index=2
    )
    assert config.model.auxiliary_head[0] == dict(in_channels=64, in_index=1)
    assert notes == [
        'model.decode_head.in_channels: 2048 -> 128',
        'model.auxiliary_head.0.in_channels: 1024 -> 64',
    ]


def test_slots__all_maps_and_their_places():
    config = Config(
        dict(
            model=dict(
                decode_head=dict(
                    type='UPerHead',
                    in_channels=[256, 512, 1024, 2048],
                    in_index=[0, 1, 2, 3],
                )
            )
        )
    )
    fill_slots(config, dict(all='model.decode_head.in_channels'), SWIN, R50)
    assert config.model.decode_head.in_channels == [32, 64, 128]
    assert config.model.decode_head.in_index == [0, 1, 2]


def test_slots__a_place_from_the_end_stays():
    config = segmentor()
    config.model.decode_head.in_index = -1
    slots = dict(last='model.decode_head.in_channels')
    fill_slots(config, slots, SWIN, R50)
    assert config.model.decode_head.in_index == -1


@pytest.mark.parametrize(
    'maps',
    [
        Maps((4096,), (32,)),  # AlexNet
        Maps((24,) * 4, (16,) * 4),  # a ViT
        Maps((32, 64), (4, 8)),
    ],
)
def test_slots__a_pyramid_on_what_is_none(maps):
    config = Config(dict(model=dict(neck=dict(type='FPN'))))
    with pytest.raises(HandOffError, match='neck FPN builds a pyramid') as e:
        fill_slots(config, dict(all='model.neck.in_channels'), maps, R50)
    assert e.value.kind == 'misfit'
    assert str(maps) in str(e.value)


@pytest.mark.parametrize(
    ('slots', 'text'),
    [
        (dict(first='a'), 'slots first; valid: all, before_last, last'),
        (dict(last='model.nek.in_channels'), "has no 'nek' there"),
        (dict(last='model.auxiliary_head.7.in_channels'), "has no '7' there"),
    ],
)
def test_slots__that_are_not_there(slots, text):
    with pytest.raises(HandOffError, match=text) as caught:
        fill_slots(segmentor(), slots, SWIN, R50)
    assert caught.value.kind == 'config'


def test_slots__one_map_has_none_before_it():
    slots = dict(before_last='model.auxiliary_head.0.in_channels')
    with pytest.raises(HandOffError, match='the map before the last one'):
        fill_slots(segmentor(), slots, Maps((8,), (32,)), R50)


def pose(number):
    return Config(
        dict(
            model=dict(
                head=dict(
                    in_channels=512,
                    deconv_out_channels=[64] * number,
                    deconv_kernel_sizes=[4] * number,
                )
            )
        )
    )


@pytest.mark.parametrize(
    ('stride', 'left'), [(32, 3), (16, 2), (4, 0), (64, 4)]
)
def test_deconvolutions__keep_the_size_of_heatmaps(stride, left):
    """Each one halves the stride: what is left is 4 for all of them."""
    config = pose(3)
    maps = Maps((128,), (stride,))
    slots = dict(last='model.head.in_channels')
    fill_slots(config, slots, maps, Maps((512,), (32,)))
    head = config.model.head
    assert head.deconv_out_channels == [64] * left
    assert head.deconv_kernel_sizes == [4] * left
    assert stride // 2 ** len(head.deconv_out_channels) == 4


def test_deconvolutions__not_enough_to_leave_out():
    with pytest.raises(HandOffError, match=r'heatmaps .* are coarser'):
        fill_slots(pose(1), {}, Maps((8,), (4,)), Maps((512,), (32,)))
