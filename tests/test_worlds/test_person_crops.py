"""Windows around people, and what is resized."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.worlds.person_crops import (
    Window,
    crop_window,
    output_size,
    person_labels,
    resized_labels,
    resized_photo,
)

NUMBER = st.floats(0, 1)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(8, 90),
    st.integers(8, 90),
    *([NUMBER] * 4),
    st.floats(0, 0.3),
    st.sampled_from([None, 0.35, 0.5]),
)
def test_crop_window__holds_the_box(h, w, a, b, c, d, margin, aspect):
    x1, x2 = sorted((a * w, b * w))
    y1, y2 = sorted((c * h, d * h))
    box = np.array([x1, y1, x2, y2])
    window = crop_window(box, np.full(4, margin), (h, w), aspect)
    assert 0 <= window.left < window.right <= w
    assert 0 <= window.top < window.bottom <= h
    edge = margin * (y2 - y1)
    # all of the widened box that lies in the frame, and whole pixels
    assert window.left <= max(0, x1 - edge)
    assert window.top <= max(0, y1 - edge)
    assert window.right >= min(w, x2 + edge)
    assert window.bottom >= min(h, y2 + edge)
    if aspect is not None:
        wanted = aspect * (window.bottom - window.top)
        assert window.right - window.left >= min(w, np.floor(wanted))
    else:
        assert window.left >= np.floor(x1 - edge) - 1


def test_crop_window__moves_back_into_the_frame():
    box = np.array([0, 0, 4, 40])
    found = crop_window(box, np.zeros(4), (40, 60), 0.5)
    assert found == Window(0, 0, 20, 40)
    box = np.array([57, 0, 60, 40])
    found = crop_window(box, np.zeros(4), (40, 60), 0.5)
    assert found == Window(40, 0, 60, 40)


def test_window__cuts_the_pixels_it_names():
    image = np.arange(30).reshape(5, 6)
    cut = Window(1, 2, 4, 5).cut(image)
    np.testing.assert_array_equal(cut, image[2:5, 1:4])


@pytest.mark.parametrize(
    ('width', 'expected'), [(None, (64, 128)), (32, (32, 128))]
)
def test_output_size(width, expected):
    assert output_size(Window(10, 10, 30, 50), 128, width) == expected


def test_resized__image_and_labels_stay_in_place():
    """A square twice as large has its labels where its pixels are."""
    labels = np.zeros((20, 20), np.uint8)
    labels[6:13, 4:11] = 9
    image = np.repeat(labels[..., None] * 20, 3, 2)
    for size in ((40, 40), (10, 10), (30, 50)):
        photo, mask = resized_photo(image, size), resized_labels(labels, size)
        assert photo.shape[:2] == mask.shape == size[::-1]
        assert set(np.unique(mask)) <= {0, 9}
        half = photo[..., 0] > 90
        # they differ on the border only
        assert (half != (mask == 9)).mean() < 0.06
        assert abs((mask == 9).mean() - (labels == 9).mean()) < 0.04


def test_person_labels__others_are_not_judged():
    parts = np.uint8([[0, 13, 13, 5, 0]])
    instances = np.int16([[0, 1, 2, 2, 0]])
    found = person_labels(parts, instances, 2)
    np.testing.assert_array_equal(found, [[0, 255, 13, 5, 0]])
    np.testing.assert_array_equal(parts, [[0, 13, 13, 5, 0]])
