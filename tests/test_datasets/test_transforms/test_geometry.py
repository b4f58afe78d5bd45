"""Sizes, resize and crop against plain code and loops."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmssl.datasets.transforms import geometry

SIDES = st.integers(1, 60)


def image(h, w, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (h, w, 3), np.uint8)


def flow(h, w, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(h, w, 2)) * 20).astype(np.float32)


def bilinear(field, h, w):
    """Half-pixel centres, clamped at the border; float64 loops."""
    old_h, old_w = field.shape[:2]
    out = np.zeros((h, w, 2))
    for i in range(h):
        y = min(max((i + 0.5) * old_h / h - 0.5, 0), old_h - 1)
        r0 = int(y)
        r1 = min(r0 + 1, old_h - 1)
        for j in range(w):
            x = min(max((j + 0.5) * old_w / w - 0.5, 0), old_w - 1)
            c0 = int(x)
            c1 = min(c0 + 1, old_w - 1)
            top = field[r0, c0] * (c0 + 1 - x) + field[r0, c1] * (x - c0)
            low = field[r1, c0] * (c0 + 1 - x) + field[r1, c1] * (x - c0)
            out[i, j] = top * (r0 + 1 - y) + low * (y - r0)
    return out


@pytest.mark.parametrize(
    ('hw', 'sizes', 'expected'),
    [
        ((272, 640), dict(short_size=416), (416, 978)),  # int(978.82)
        ((640, 272), dict(short_size=416), (978, 416)),
        ((272, 640), dict(long_size=416), (176, 416)),  # int(176.8)
        ((640, 272), dict(long_size=416), (416, 176)),
        ((50, 50), dict(short_size=20), (20, 20)),
        ((50, 50), dict(long_size=20), (20, 20)),
        ((1, 900), dict(long_size=300), (1, 300)),  # not 0
        ((333, 444), dict(short_size=333), (333, 444)),
    ],
)
def test_resized_hw__rounds_down(hw, sizes, expected):
    assert geometry.resized_hw(hw, **sizes) == expected


@pytest.mark.parametrize(
    'sizes', [{}, dict(short_size=3, long_size=4), dict(short_size=0)]
)
def test_resized_hw__refuses(sizes):
    with pytest.raises(ValueError, match='exactly one of short_size and lo'):
        geometry.resized_hw((5, 5), **sizes)


def bicubic_weights(old, new):
    """Weights (new, old) of the antialiased Catmull-Rom filter, a = -0.5."""
    scale = max(old / new, 1)
    weights = np.zeros((new, old))
    for i in range(new):
        centre = (i + 0.5) * old / new
        for j in range(old):
            x = abs(j + 0.5 - centre) / scale
            if x < 1:
                weights[i, j] = 1.5 * x**3 - 2.5 * x**2 + 1
            elif x < 2:
                weights[i, j] = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize('hw', [(33, 47), (9, 13), (30, 12), (1, 1)])
def test_resize_image__bicubic_rows_then_columns(hw):
    img = image(20, 30)
    wide = np.einsum('xw,hwc->hxc', bicubic_weights(30, hw[1]), img)
    wide = np.clip(wide.round(), 0, 255)
    expected = np.einsum('yh,hxc->yxc', bicubic_weights(20, hw[0]), wide)
    resized = geometry.resize_image(img, hw)
    error = np.abs(resized - np.clip(expected, 0, 255))
    assert error.max() < 1.6  # a tie between the passes, times 1.1
    assert error.mean() < 0.3
    assert resized.dtype == np.uint8
    assert resized.flags.writeable


@pytest.mark.parametrize('hw', [(33, 49), (12, 18), (20, 30)])
def test_resize_image__is_one_call_of_pillow(hw):
    expected = Image.fromarray(image(20, 30)).resize(hw[::-1], Image.BICUBIC)
    resized = geometry.resize_image(image(20, 30), hw)
    np.testing.assert_array_equal(resized, np.asarray(expected))


@pytest.mark.parametrize('hw', [(7, 5), (11, 17), (3, 20), (1, 1)])
def test_resize_flow__bilinear_times_the_ratio(hw):
    field = flow(7, 5)
    resized = geometry.resize_flow(field, hw)
    expected = bilinear(field, *hw) * hw[0] / 7
    np.testing.assert_allclose(resized, expected, rtol=1e-5, atol=1e-4)
    assert resized.dtype == np.float32


def test_resize_flow__ratio_of_each_axis():
    field = flow(4, 8)
    resized = geometry.resize_flow(field, (8, 12), published_ratio=False)
    expected = bilinear(field, 8, 12) * [12 / 8, 8 / 4]
    np.testing.assert_allclose(resized, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ('hw', 'border'),
    [
        ((10, 10), (0, 0, 0, 0)),
        ((5, 7), (1, 2, 0, 1)),
        ((9, 1), (0, 0, 3, 4)),
        ((8, 8), (0, 0, 0, 0)),
    ],
)
def test_crop_padding__centred_with_the_odd_pixel_behind(hw, border):
    assert geometry.crop_padding(hw, (8, 8)) == border


def test_pad__is_black_and_no_motion():
    for array in (image(3, 4), flow(3, 4)):
        padded = geometry.pad(array, (1, 2, 0, 3))
        expected = np.zeros((6, 7, array.shape[2]), array.dtype)
        expected[1:4, :4] = array
        np.testing.assert_array_equal(padded, expected)
    array = image(3, 4)
    assert geometry.pad(array, (0, 0, 0, 0)) is array


def test_crop_offset__random_as_published():
    offsets = {
        geometry.crop_offset((13, 10), (10, 10), np.random.default_rng(seed))
        for seed in range(100)
    }
    assert offsets == {(0, 0), (1, 0), (2, 0)}  # 3, the last, never
    rand = np.random.default_rng(7).random(2)
    offset = geometry.crop_offset(
        (100, 200), (20, 50), np.random.default_rng(7)
    )
    assert offset == (int(rand[0] * 80), int(rand[1] * 150))


def test_crop_offset__centre_rounds_down():
    assert geometry.crop_offset((13, 10), (10, 10)) == (1, 0)


@settings(max_examples=40, deadline=None)
@given(SIDES, SIDES, SIDES, SIDES, st.data())
def test_resize_crop_flow__equal_to_resize_then_crop(old_h, old_w, h, w, data):
    top = data.draw(st.integers(0, h - 1))
    left = data.draw(st.integers(0, w - 1))
    size = (
        data.draw(st.integers(1, h - top)),
        data.draw(st.integers(1, w - left)),
    )
    window = np.s_[top : top + size[0], left : left + size[1]]
    field = flow(old_h, old_w)
    whole = cv2.resize(field, (w, h)) * np.float32(h / old_h)
    cut = geometry.resize_crop_flow(field, (h, w), (top, left), size)
    np.testing.assert_array_equal(cut, whole[window])
