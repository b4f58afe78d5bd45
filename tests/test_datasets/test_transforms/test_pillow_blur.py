"""Pillow's Gaussian blur."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from mmssl.datasets.transforms import PillowBlurView
from mmssl.datasets.transforms.pillow_blur import pillow_blur, pillow_taps
from mmssl.testing.toy_images import photo_like

RADII = (0.1, 0.3, 0.5, 0.9, 1.0, 1.3, 1.7, 2.0, 4.0)


def noise(hw=(64, 48), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*hw, 3), np.uint8)


def of_pillow(img, radius):
    blurred = Image.fromarray(img).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(blurred).astype(int)


@pytest.mark.parametrize('radius', RADII)
def test_pillow_blur__is_pillow_but_for_the_rounding(radius):
    photo = photo_like((96, 64), np.random.default_rng(1))
    reach = len(pillow_taps(radius)) // 2
    inner = np.s_[reach:-reach, reach:-reach]
    for img in (noise(), photo):
        off = abs(
            pillow_blur(img, radius).astype(int) - of_pillow(img, radius)
        )
        assert off[inner].max() <= 3
        assert off[inner].mean() <= 1.1
    assert off.max() <= 16  # the photo, to its border


@pytest.mark.parametrize('radius', RADII)
def test_pillow_taps__have_the_variance_of_the_gaussian(radius):
    taps = pillow_taps(radius).astype(np.float64)
    place = np.arange(len(taps)) - len(taps) // 2
    assert taps.sum() == pytest.approx(1, abs=1e-6)
    assert (taps * place**2).sum() == pytest.approx(radius**2, rel=1e-4)
    np.testing.assert_array_equal(taps, taps[::-1])
    assert taps.min() >= 0


def test_pillow_blur__takes_views_of_any_strides():
    img = noise()[:, ::-1][2:, 3:]
    want = pillow_blur(np.ascontiguousarray(img), 1.2)
    np.testing.assert_array_equal(pillow_blur(img, 1.2), want)


def test_transform__draws_the_radius_uniformly():
    """A dot of light spreads by the radius; its variance tells it."""
    dot = np.zeros((21, 21, 3), np.uint8)
    dot[10, 10] = 255
    step, rng = PillowBlurView(1.0, (0.5, 1.5)), np.random.default_rng(0)
    drawn = np.random.default_rng(0)
    for _ in range(20):
        got = step(dict(img=dot, rng=rng))['img']
        assert drawn.random() < 1
        want = pillow_blur(dot, drawn.uniform(0.5, 1.5))
        np.testing.assert_array_equal(got, want)


def test_transform__wrong_radius():
    with pytest.raises(ValueError, match=r'0 < low <= high, got \(2, 1\)'):
        PillowBlurView(radius=(2, 1))
