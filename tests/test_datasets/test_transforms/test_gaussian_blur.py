"""Gaussian blur."""

import math

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.gaussian_blur import (
    GaussianBlurView,
    gaussian_blur,
)
from mmssl.testing.toy_images import photo_like

IMAGES = [
    photo_like((64, 70), np.random.default_rng(0)),
    np.random.default_rng(2).integers(0, 256, (50, 50, 3), np.uint8),
    np.random.default_rng(3).choice(np.uint8([0, 255]), (40, 40, 3)),
]


@pytest.mark.parametrize('sigma', [0.1, 0.3, 0.5, 0.9, 1.3, 1.7, 2.0, 3.5])
@pytest.mark.parametrize('number', range(3))
def test_gaussian_blur__is_torchvisions(number, sigma):
    img = IMAGES[number]
    tensor = torch.from_numpy(img).permute(2, 0, 1).double() / 255
    want = functional.gaussian_blur(tensor, [23, 23], [sigma, sigma])
    got = gaussian_blur(img, sigma)
    assert np.abs(got - want.permute(1, 2, 0).numpy() * 255).max() < 0.6


def test_gaussian_blur__fewer_taps_are_torchvisions_too():
    tensor = torch.from_numpy(IMAGES[1]).permute(2, 0, 1).double() / 255
    want = functional.gaussian_blur(tensor, [5, 5], [2.0, 2.0])
    got = gaussian_blur(IMAGES[1], 2.0, kernel_size=5)
    assert np.abs(got - want.permute(1, 2, 0).numpy() * 255).max() < 0.51


def test_gaussian_blur__naive_sum():
    img = IMAGES[1][:24, :24]
    taps = np.exp(-0.5 * (np.arange(-11, 12) / 1.5) ** 2)
    taps /= taps.sum()
    padded = np.pad(img.astype(float), ((11, 11), (11, 11), (0, 0)), 'reflect')
    want = np.zeros((24, 24, 3))
    for i in range(23):
        for j in range(23):
            want += taps[i] * taps[j] * padded[i : i + 24, j : j + 24]
    assert np.abs(gaussian_blur(img, 1.5) - want).max() < 0.6


def test_gaussian_blur__draws_sigma_uniformly():
    """The height of a blurred dot, 255 / (2 pi sigma^2), tells sigma."""
    dot = np.zeros((31, 31, 3), np.uint8)
    dot[15, 15] = 255
    blur, rng = GaussianBlurView(sigma=(0.8, 2.0)), np.random.default_rng(0)
    tops = [blur(dict(img=dot, rng=rng))['img'].max() for _ in range(400)]
    sigmas = np.sqrt(255 / (2 * math.pi * np.array(tops, float)))
    assert 0.75 < sigmas.min() < 0.85
    assert 1.95 < sigmas.max() < 2.1
    assert abs(sigmas.mean() - 1.4) < 0.06


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(sigma=(0, 2)), r'got \(0, 2\)'),
        (dict(sigma=(2, 1)), r'got \(2, 1\)'),
        (dict(sigma=(2,)), r'got \(2,\)'),
        (dict(kernel_size=22), 'must be odd, got 22'),
        (dict(kernel_size=-1), 'must be odd, got -1'),
    ],
)
def test_gaussian_blur__bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        GaussianBlurView(**settings)
