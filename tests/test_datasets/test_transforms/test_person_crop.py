import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.datasets.transforms.person_crop import (
    CropPerson,
    padded_cut,
    person_window,
)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-50, 50),
    st.floats(-50, 50),
    st.floats(8, 300),
    st.floats(8, 300),
    st.sampled_from([(128, 64), (64, 128), (96, 96)]),
    st.floats(1, 2),
)
def test_window__holds_the_box_and_has_the_aspect(x, y, w, h, size, padding):
    box = (x, y, x + w, y + h)
    top, left, height, width = person_window(box, size, padding)
    # Whole px: half a px at the centre and half at each side.
    assert top <= y + 1
    assert left <= x + 1
    assert top + height >= y + h - 1
    assert left + width >= x + w - 1
    assert width / height == pytest.approx(size[1] / size[0], rel=0.2)
    aspect = size[1] / size[0]
    assert height == pytest.approx(padding * max(h, w / aspect), abs=1)
    assert abs(2 * top + height - 2 * y - h) <= 1.1
    assert abs(2 * left + width - 2 * x - w) <= 1.1


@pytest.mark.parametrize(
    'window', [(2, 3, 4, 5), (-2, -3, 8, 9), (6, 7, 9, 9), (-5, 2, 30, 4)]
)
def test_cut__equal_to_pixel_by_pixel(window):
    img = np.random.default_rng(0).integers(0, 255, (10, 12, 3), np.uint8)
    top, left, h, w = window
    found = padded_cut(img, window, (1, 2, 3))
    assert found.shape == (h, w, 3)
    for i in range(h):
        for j in range(w):
            y, x = top + i, left + j
            inside = 0 <= y < 10 and 0 <= x < 12
            expected = img[y, x] if inside else [1, 2, 3]
            assert found[i, j].tolist() == list(expected)


def test_cut__beyond_the_image():
    img = np.zeros((4, 4, 3), np.uint8)
    assert (padded_cut(img, (9, 9, 2, 3), (7, 7, 7)) == 7).all()


def test_transform__record_tells_where_the_view_is():
    img = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    results = dict(img=img, person_box=np.array([10, 4, 20, 36.0]))
    out = CropPerson((64, 32), padding=1.0).transform(results)
    assert out['img'].shape == (64, 32, 3)
    assert out['view_geometry'].tolist() == [4, 7, 32, 16, 0]
    # At the window's own size nothing is resized.
    results = dict(img=img, person_box=np.array([10, 4, 20, 36.0]))
    out = CropPerson((32, 16), padding=1.0).transform(results)
    assert (out['img'] == img[4:36, 7:23]).all()


def test_transform__mistakes():
    with pytest.raises(ValueError, match='padding must be > 0'):
        CropPerson(padding=0)
    results = dict(
        img=np.zeros((8, 8, 3), np.uint8),
        view_geometry=np.array([0, 0, 4, 4, 0.0]),
        person_box=np.zeros(4),
    )
    with pytest.raises(ValueError, match='right after LoadImageRGB'):
        CropPerson().transform(results)
