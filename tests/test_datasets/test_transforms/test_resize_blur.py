"""Blur by shrinking and enlarging."""

import numpy as np
import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.geometry import resize_image
from mmssl.datasets.transforms.resize_blur import (
    PUBLISHED_FACTORS,
    ResizeBlurView,
    resize_blur,
)
from mmssl.testing.toy_images import photo_like

IMAGES = [
    photo_like((96, 96), np.random.default_rng(0)),
    photo_like((50, 81), np.random.default_rng(1)),
    np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8),
]


@pytest.mark.parametrize('factor', [1.0, *PUBLISHED_FACTORS, 2.5])
@pytest.mark.parametrize('number', range(3))
def test_resize_blur__is_torchvisions(number, factor):
    img = IMAGES[number]
    tensor = torch.from_numpy(img).permute(2, 0, 1)
    h, w = img.shape[:2]
    for size in ([int(h // factor), int(w // factor)], [h, w]):
        tensor = functional.resize(
            tensor, size, InterpolationMode.BICUBIC, antialias=True
        )
    want = tensor.permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(resize_blur(img, factor), want)


@pytest.mark.parametrize('factor', PUBLISHED_FACTORS)
@pytest.mark.parametrize('number', range(3))
def test_resize_blur__is_pillows_as_published(number, factor):
    """Two of Pillow's resizes, rows first; each may differ by a level."""
    img = IMAGES[number]
    h, w = img.shape[:2]
    small = resize_image(img, (int(h // factor), int(w // factor)))
    difference = np.abs(
        resize_blur(img, factor).astype(int) - resize_image(small, (h, w))
    )
    assert difference.max() <= 2
    assert (difference > 1).mean() < 1e-3
    assert (difference > 0).mean() < 0.03


def test_resize_blur__a_224_view_has_the_published_sizes():
    assert [int(224 // f) for f in PUBLISHED_FACTORS] == [203, 186, 149]


def test_resize_blur__draws_each_factor_equally_often():
    img = IMAGES[0]
    blurred = [resize_blur(img, factor) for factor in PUBLISHED_FACTORS]
    blur, rng = ResizeBlurView(), np.random.default_rng(0)
    counts = np.zeros(3)
    for _ in range(300):
        got = blur(dict(img=img, rng=rng))['img']
        counts += [np.array_equal(got, one) for one in blurred]
    assert counts.sum() == 300
    assert (np.abs(counts - 100) < 30).all()


def test_resize_blur__tiny_image():
    img = np.full((1, 2, 3), 9, np.uint8)
    np.testing.assert_array_equal(resize_blur(img, 1.5), img)


@pytest.mark.parametrize('factors', [(), (1.2, 0.9)])
def test_resize_blur__bad_factors(factors):
    with pytest.raises(ValueError, match='each at least 1, got'):
        ResizeBlurView(factors=factors)
