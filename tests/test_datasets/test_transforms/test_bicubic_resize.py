"""Fast bicubic resizing against Pillow and torchvision."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.bicubic_resize import resize_bicubic
from mmssl.datasets.transforms.geometry import resize_image
from mmssl.testing.toy_images import photo_like


def images():
    rng = np.random.default_rng(5)
    return [
        photo_like((90, 70), rng),
        rng.integers(0, 256, (64, 96, 3), np.uint8),
        rng.choice(np.array([0, 255], np.uint8), (50, 50, 3)),
    ]


@pytest.mark.parametrize('hw', [(45, 45), (64, 64), (33, 120), (200, 31)])
@pytest.mark.parametrize('number', [0, 1, 2])
def test_resize_bicubic__is_pillows(number, hw):
    img = images()[number]
    got = resize_bicubic(img, hw).astype(int)
    difference = np.abs(got - resize_image(img, hw))
    assert difference.max() <= 2
    assert (difference > 0).mean() < 0.03
    assert (difference > 1).mean() < 0.001


@settings(max_examples=30, deadline=None)
@given(
    size=st.tuples(*[st.integers(1, 40)] * 2),
    hw=st.tuples(*[st.integers(1, 40)] * 2),
    seed=st.integers(0, 99),
)
def test_resize_bicubic__is_torchvisions_for_8_bits(size, hw, seed):
    rng = np.random.default_rng(seed)
    img = rng.integers(0, 256, (*size, 3), np.uint8)
    want = functional.resize(
        torch.from_numpy(img).permute(2, 0, 1),
        list(hw),
        InterpolationMode.BICUBIC,
        antialias=True,
    )
    got = resize_bicubic(img, hw)
    np.testing.assert_array_equal(got, want.permute(1, 2, 0).numpy())


def test_resize_bicubic__takes_windows():
    img = images()[0]
    window = img[11:59, 7:45]
    assert not window.flags.c_contiguous
    got = resize_bicubic(window, (32, 32))
    np.testing.assert_array_equal(got, resize_bicubic(window.copy(), (32, 32)))
    assert got.flags.c_contiguous
    assert got.flags.writeable


def test_resize_bicubic__equal_size_is_a_copy():
    img = images()[1]
    got = resize_bicubic(img, img.shape[:2])
    np.testing.assert_array_equal(got, img)
    assert not np.shares_memory(got, img)
