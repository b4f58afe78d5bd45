import numpy as np
import pytest
from mmengine.config import Config

from mmssl.apis.image_fit import ImageFit, choose_fit
from mmssl.datasets.transforms import CropView, ResizeView
from mmssl.testing.toys import textured_image


def picture(height=75, width=50):
    return textured_image(height, width, np.random.default_rng(0))


def evaluated(*steps, split='val'):
    loader = dict(dataset=dict(pipeline=list(steps)))
    return Config({f'{split}_dataloader': loader})


def trained(size):
    views = [
        [dict(type='RandomResizedCropView', size=size)],
        [dict(type='RandomResizedCropView', size=8)],
    ]
    pipeline = [
        dict(type='LoadImageRGB'),
        dict(type='MultiViewGeometry', views=views),
        dict(type='PackViews'),
    ]
    return Config(dict(train_dataloader=dict(dataset=dict(pipeline=pipeline))))


@pytest.mark.parametrize('split', ['val', 'test'])
@pytest.mark.parametrize('hw', [(75, 50), (50, 75), (41, 40)])
def test_fit__is_what_the_config_evaluates(split, hw):
    steps = [ResizeView(40), CropView(32)]
    config = evaluated(
        dict(type='LoadImageRGB'),
        dict(type='ResizeView', size=40),
        dict(type='CropView', size=32),
        dict(type='PackViews'),
        split=split,
    )
    sample = dict(img=picture(*hw))
    for step in steps:
        sample = step(sample)
    fit = choose_fit(config)
    assert (fit.size, fit.short) == ((32, 32), 40)
    np.testing.assert_array_equal(fit(picture(*hw)), sample['img'])


def test_fit__the_whole_image_stretched():
    config = evaluated(dict(type='ResizeView', size=(64, 32)))
    fit = choose_fit(config)
    assert (fit.size, fit.short) == ((64, 32), None)
    expected = ResizeView((64, 32))(dict(img=picture()))['img']
    np.testing.assert_array_equal(fit(picture()), expected)


@pytest.mark.parametrize(
    ('steps', 'expected'),
    [
        (
            [dict(type='ResizeCropImageFlow', short_size=96, size=64)],
            ((64, 64), 96),
        ),
        (
            [
                dict(type='mmpretrain.ResizeEdge', scale=256, edge='short'),
                dict(type='CenterCrop', crop_size=224),
            ],
            ((224, 224), 256),
        ),
        ([dict(type='Resize', scale=(128, 256))], ((256, 128), None)),
        ([dict(type='CropView', size=32)], ((32, 32), 32)),
        # random: says nothing
        (
            [dict(type='CropView', size=32, mode='random')],
            ((224, 224), 256),
        ),
    ],
)
def test_fit__pipelines_of_other_methods(steps, expected):
    fit = choose_fit(evaluated(*steps))
    assert (fit.size, fit.short) == expected


def test_fit__of_the_first_view_that_is_trained_on():
    assert choose_fit(trained((256, 128))) == ImageFit((256, 128))
    assert choose_fit(trained(96)) == ImageFit((96, 96), 110)
    assert choose_fit(None) == ImageFit((224, 224), 256)
    config = trained((256, 128))
    assert choose_fit(config, fit='crop') == ImageFit((256, 128), 146)
    assert choose_fit(trained(96), fit='stretch') == ImageFit((96, 96))


def test_fit__given_sizes():
    config = trained((256, 128))
    assert choose_fit(config, 64) == ImageFit((64, 64), 73)
    assert choose_fit(config, (64, 48)) == ImageFit((64, 48))
    assert choose_fit(config, (64, 48), 'crop') == ImageFit((64, 48), 55)
    as_it_is = choose_fit(config, None)
    assert as_it_is(picture()).shape == (75, 50, 3)
    assert as_it_is.text() == 'as the images are'


@pytest.mark.parametrize('hw', [(75, 50), (20, 200), (9, 9)])
@pytest.mark.parametrize('size', [(64, 32), (32, 64), (16, 16)])
def test_fit__a_window_of_any_shape_is_filled(hw, size):
    """The centre of the image, scaled evenly, at any aspect."""
    rows, cols = np.mgrid[: hw[0], : hw[1]]
    image = np.stack([rows, cols, rows], -1)
    scaled = (image * 255 // max(hw)).astype(np.uint8)
    fit = choose_fit(None, size, 'crop')
    found = fit(scaled).astype(float)
    assert found.shape == (*size, 3)
    middle = found[size[0] // 2, size[1] // 2]
    expected = [(side / 2) * 255 / max(hw) for side in hw]
    pixel = 255 / max(hw) * max(a / b for a, b in zip(hw, size))
    pixel += 255 / max(hw) / 2
    assert abs(middle[0] - expected[0]) < pixel + 4
    assert abs(middle[1] - expected[1]) < pixel + 4


def test_fit__mistakes():
    with pytest.raises(ValueError, match=r"\['auto', 'crop', 'stretch'\]"):
        choose_fit(None, fit='pad')
    with pytest.raises(ValueError, match='height, width'):
        choose_fit(None, (1, 2, 3))
    with pytest.raises(ValueError, match="got 'small'"):
        choose_fit(None, 'small')
