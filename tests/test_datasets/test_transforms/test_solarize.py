"""Inverted bright parts."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.solarize import SolarizeView, solarize

LEVELS = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize('threshold', [*range(0, 256, 8), 255])
def test_solarize__is_torchvisions_for_8_bits(threshold):
    img = (
        np.random.default_rng(0).permuted(LEVELS.repeat(3)).reshape(16, 16, 3)
    )
    want = functional.solarize(torch.from_numpy(img), threshold)
    np.testing.assert_array_equal(solarize(img, threshold), want.numpy())


def test_solarize__is_torchvisions_for_floats():
    want = functional.solarize(torch.from_numpy(LEVELS / 255.0), 128 / 255)
    got = solarize(LEVELS[None])[0]
    np.testing.assert_allclose(got, want.numpy() * 255, atol=1e-9)


def test_solarize__256_changes_nothing():
    np.testing.assert_array_equal(solarize(LEVELS[None], 256)[0], LEVELS)


def test_solarize__transform_has_its_threshold():
    img = np.dstack([LEVELS.reshape(16, 16)] * 3)
    results = dict(img=img, rng=np.random.default_rng(0))
    got = SolarizeView(prob=1.0, threshold=200)(results)['img'][..., 1].ravel()
    assert got[:200].tolist() == list(range(200))
    assert got[200:].tolist() == list(range(55, -1, -1))


@pytest.mark.parametrize('threshold', [-1, 257, 0.5])
def test_solarize__bad_threshold(threshold):
    with pytest.raises(ValueError, match=f'got {threshold}'):
        SolarizeView(threshold=threshold)
