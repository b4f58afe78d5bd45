"""Colour operations against torchvision's for float tensors."""

import colorsys

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.color_adjust import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    grey_values,
    to_8_bits,
)
from mmssl.testing.toy_images import photo_like

OPERATIONS = {
    'brightness': (adjust_brightness, functional.adjust_brightness),
    'contrast': (adjust_contrast, functional.adjust_contrast),
    'saturation': (adjust_saturation, functional.adjust_saturation),
    'hue': (adjust_hue, functional.adjust_hue),
}


def _all_colours():
    """Every combination of 18 levels: primaries, greys, black and white."""
    levels = np.linspace(0, 255, 18).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), -1)
    return np.ascontiguousarray(cube.reshape(54, 108, 3))


IMAGES = {
    'random': np.random.default_rng(1).integers(0, 256, (61, 83, 3), np.uint8),
    'photo': photo_like((60, 91), np.random.default_rng(2)),
    'dark photo': photo_like((60, 91), np.random.default_rng(3)) // 5,
    'all colours': _all_colours(),
    'one pixel': np.array([[[17, 200, 90]]], np.uint8),
}


def torchvisions(operation, img, *args):
    """Apply an operation to a float tensor in [0, 1]; return levels."""
    tensor = torch.from_numpy(img).permute(2, 0, 1).double() / 255
    return operation(tensor, *args).permute(1, 2, 0).numpy() * 255


@pytest.mark.parametrize('image', IMAGES)
@pytest.mark.parametrize('name', OPERATIONS)
def test_operation__is_torchvisions(name, image):
    ours, theirs = OPERATIONS[name]
    img = IMAGES[image]
    low, high = (-0.5, 0.5) if name == 'hue' else (0.0, 2.0)
    for factor in np.linspace(low, high, 41):
        got = ours(img.astype(np.float32), float(factor))
        want = torchvisions(theirs, img, float(factor))
        assert got.dtype == np.float32
        assert np.abs(got - want).max() < 0.01, factor
        levels = to_8_bits(got)
        assert levels.dtype == np.uint8
        assert np.abs(levels - want).max() < 0.51, factor


@pytest.mark.parametrize('name', OPERATIONS)
def test_operation__leaves_its_argument(name):
    img = IMAGES['photo'].astype(np.float32)
    before = img.copy()
    OPERATIONS[name][0](img, 0.4)
    np.testing.assert_array_equal(img, before)


@pytest.mark.parametrize('name', ['brightness', 'contrast', 'saturation'])
def test_operation__large_factors_are_cut_off(name):
    ours, theirs = OPERATIONS[name]
    got = ours(IMAGES['photo'].astype(np.float32), 7.5)
    assert got.min() >= 0
    assert got.max() == 255
    want = torchvisions(theirs, IMAGES['photo'], 7.5)
    np.testing.assert_allclose(got, want, atol=0.05)


def test_adjust_hue__against_colorsys():
    img = IMAGES['random'][:4, :5].astype(np.float32)
    got = adjust_hue(img, -0.3)
    for pixel, result in zip(img.reshape(-1, 3), got.reshape(-1, 3)):
        hue, saturation, value = colorsys.rgb_to_hsv(*map(float, pixel))
        want = colorsys.hsv_to_rgb((hue - 0.3) % 1, saturation, value)
        np.testing.assert_allclose(result, want, atol=1e-3)


def test_grey_values__is_torchvisions():
    img = IMAGES['all colours']
    want = torchvisions(functional.rgb_to_grayscale, img)[..., 0]
    got = grey_values(img.astype(np.float32))
    np.testing.assert_allclose(got, want, atol=1e-3)


def test_to_8_bits__rounds():
    got = to_8_bits(np.array([[0.4, 0.6, 254.6]], np.float32))
    assert got.tolist() == [[0, 1, 255]]
