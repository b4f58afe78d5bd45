"""Crops that fit the pictures."""

import pytest
from mmengine.config import Config

from mmssl.datasets.transforms.view_region import check_fit
from mmssl.pretraining.config_text import parse, render
from mmssl.pretraining.crops import (
    choose_crops,
    crops_of,
    parse_crop,
    picture_shapes,
)
from mmssl.pretraining.data_folder import PretrainError
from mmssl.testing.toy_people import make_toy_people

TALL, WIDE = [(320, 150), (300, 100), (90, 60)], [(60, 90), (50, 50)]


@pytest.mark.parametrize(
    ('large', 'small', 'ratio'),
    [
        ((256, 128), (128, 64), (0.4, 0.6)),
        ((384, 128), (192, 64), (0.25, 0.4)),
        ((128, 64), (64, 32), (0.4, 0.6)),
        ((224, 224), (96, 96), (3 / 4, 4 / 3)),
        ((96, 96), (48, 48), (3 / 4, 4 / 3)),
        ((256, 96), (128, 48), (0.3, 0.45)),
        ((64, 32), (32, 16), (0.4, 0.6)),
    ],
)
def test_crops_of__published_and_other_sizes(large, small, ratio):
    crops = crops_of(large)
    assert (crops.small, crops.ratio) == (small, ratio)
    for size in (large, small):
        check_fit(size, crops.ratio)
    tall = large[0] > large[1]
    assert crops.large_scale == ((0.8, 1.0) if tall else (0.4, 1.0))
    assert crops.small_scale == ((0.05, 0.8) if tall else (0.05, 0.4))


def test_choose__by_the_pictures():
    crops, choice = choose_crops('auto', TALL, (256, 128))
    assert crops == crops_of((256, 128))
    assert str(choice) == (
        'crops      256x128 and 128x64: the median of 3 pictures is 2.1 times '
        'as tall as wide: pictures of people'
    )
    crops, choice = choose_crops('auto', WIDE, (256, 128))
    assert crops == crops_of((224, 224))
    assert 'the median of 2 pictures is 0.8 times as tall' in choice.why
    assert choose_crops('auto', WIDE, (128, 64))[0].large == (112, 112)
    assert choose_crops('auto', [], (128, 64))[0].large == (112, 112)


def test_choose__as_asked():
    crops, choice = choose_crops('384x128', TALL, (256, 128))
    assert crops.large == (384, 128)
    assert choice.why == 'as asked'
    crops, choice = choose_crops('384x128', WIDE, (256, 128))
    assert crops.large == (384, 128)
    assert choice.why.startswith('as asked, though the median of 2 pict')


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('256', "HEIGHTxWIDTH such as 256x128, got '256'"),
        ('big', "got 'big'"),
        ('16x16', 'both sides must have at least 32 px'),
        ('640x32', 'no side may be more than five'),
    ],
)
def test_parse__mistakes(text, message):
    with pytest.raises(PretrainError, match=message):
        parse_crop(text)


def test_lines__set_the_config():
    base = 'mmssl::_base_/datasets/person_views.py'
    config = parse(render(base, crops_of((96, 96)).lines(), {}))
    assert isinstance(config, Config)
    steps = [v[0] for v in config.train_dataloader.dataset.pipeline[1].views]
    assert [tuple(step.size) for step in steps] == [(96, 96)] * 2 + [(48, 48)]
    assert [step.scale for step in steps] == [(0.4, 1)] * 2 + [(0.05, 0.4)]
    assert {step.ratio for step in steps} == {(3 / 4, 4 / 3)}
    assert 'view' not in config


def test_picture_shapes__broken_ones_are_left_out(tmp_path):
    make_toy_people(tmp_path, 3, [(48, 24), (60, 30)])
    (tmp_path / 'images' / '0001.jpg').write_bytes(b'')
    names = [f'images/000{i}.jpg' for i in range(4)]
    assert picture_shapes(tmp_path, names) == [(48, 24), (48, 24)]
