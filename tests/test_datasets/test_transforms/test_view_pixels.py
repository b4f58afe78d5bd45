import numpy as np
import pytest

from mmssl.datasets.transforms.geometry import resize_image
from mmssl.datasets.transforms.view_pixels import checked_backend, resize_view
from mmssl.testing.toys import textured_image


@pytest.mark.parametrize(
    ('old', 'new'),
    [
        ((375, 500), (224, 224)),
        ((120, 90), (224, 224)),
        ((301, 77), (64, 200)),
        ((9, 9), (30, 4)),
        ((224, 224), (1, 1)),
    ],
)
def test_resize__both_backends_are_one_filter(old, new):
    img = textured_image(*old, np.random.default_rng(0))
    fast, exact = (resize_view(img, new, b) for b in ('torch', 'pillow'))
    np.testing.assert_array_equal(exact, resize_image(img, new))
    off = np.abs(fast.astype(int) - exact)
    assert fast.shape == (*new, 3)
    assert fast.dtype == np.uint8
    assert off.max() <= 2
    assert (off > 0).mean() < 0.02
    assert (off > 1).mean() < 1e-3


@pytest.mark.parametrize('backend', ['torch', 'pillow'])
@pytest.mark.parametrize('hw', [(8, 12), (20, 30)])
def test_resize__any_strides_and_no_shared_memory(backend, hw):
    whole = textured_image(40, 60, np.random.default_rng(0))
    part = whole[30:10:-1, 50:20:-1]  # mirrored: negative strides
    part.flags.writeable = False
    out = resize_view(part, hw, backend)
    np.testing.assert_array_equal(
        out, resize_view(np.ascontiguousarray(part), hw, backend)
    )
    assert out.flags.c_contiguous
    assert out.flags.writeable
    assert not np.shares_memory(out, whole)


def test_resize__equal_size_is_a_copy():
    img = textured_image(5, 6, np.random.default_rng(0))
    out = resize_view(img, (5, 6))
    np.testing.assert_array_equal(out, img)
    assert not np.shares_memory(out, img)


def test_backend__unknown():
    with pytest.raises(ValueError, match=r"\['pillow', 'torch'\], got 'cv2'"):
        checked_backend('cv2')
