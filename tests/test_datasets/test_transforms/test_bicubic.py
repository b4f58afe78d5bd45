"""Windows of resized images, bit by bit those of Pillow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmssl.datasets.transforms.bicubic import bicubic_window, window_weights

SIDES = st.integers(1, 60)


def image(h, w, seed=0):
    """White noise with much black and white, which clips between passes."""
    noise = np.random.default_rng(seed).normal(128, 120, (h, w, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def pillow(img, hw):
    """Rows, then columns, on any version of Pillow."""
    wide = Image.fromarray(img).resize((hw[1], len(img)), Image.BICUBIC)
    return np.asarray(wide.resize((hw[1], hw[0]), Image.BICUBIC))


def naive_weights(old, new):
    """Weights (new, old) from the definition of the filter."""
    stretch = max(old / new, 1)
    weights = np.zeros((new, old))
    for i in range(new):
        for j in range(old):
            x = abs(j + 0.5 - (i + 0.5) * old / new) / stretch
            if x < 1:
                weights[i, j] = 1.5 * x**3 - 2.5 * x**2 + 1
            elif x < 2:
                weights[i, j] = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return weights / weights.sum(axis=1, keepdims=True)


@settings(max_examples=150, deadline=None)
@given(SIDES, SIDES, SIDES, SIDES, st.data())
def test_window__is_that_of_the_whole_image(old_h, old_w, h, w, data):
    """Enlarged, shrunk or both, at every border and inside."""
    top = data.draw(st.integers(0, h - 1))
    left = data.draw(st.integers(0, w - 1))
    size = (
        data.draw(st.integers(1, h - top)),
        data.draw(st.integers(1, w - left)),
    )
    img = image(old_h, old_w, h)
    cut = bicubic_window(img, (h, w), (top, left), size)
    whole = pillow(img, (h, w))
    window = np.s_[top : top + size[0], left : left + size[1]]
    np.testing.assert_array_equal(cut, whole[window], strict=True)


@pytest.mark.parametrize('offset', [(0, 0), (32, 594), (13, 201)])
def test_window__published_sizes(offset):
    img = image(272, 640)
    cut = bicubic_window(img, (416, 978), offset, (384, 384))
    whole = pillow(img, (416, 978))[offset[0] :, offset[1] :]
    np.testing.assert_array_equal(cut, whole[:384, :384])


def test_window__of_a_shrunk_frame():
    img = image(540, 960)
    cut = bicubic_window(img, (208, 369), (10, 100), (192, 192))
    whole = pillow(img, (208, 369))[10:202, 100:292]
    np.testing.assert_array_equal(cut, whole)


@pytest.mark.parametrize('lengths', [(7, 19), (19, 7), (8, 16), (5, 5)])
def test_weights__of_the_filter_in_22_digits(lengths):
    old, new = lengths
    whole = naive_weights(old, new)
    for first, count in ((0, new), (new - 1, 1), (2, 3)):
        weights, (begin, end) = window_weights(old, new, first, count)
        np.testing.assert_allclose(
            weights.toarray(),
            whole[first : first + count, begin:end],
            atol=2.0**-22,
        )
        digits = weights.data * 2**22
        np.testing.assert_array_equal(digits, digits.round())
        outside = np.delete(whole, np.s_[begin:end], axis=1)
        assert not outside[first : first + count].any()
