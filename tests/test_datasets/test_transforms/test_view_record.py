import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.datasets.transforms.view_record import (
    crop_record,
    flip_record,
    get_record,
    set_view,
    to_original,
    whole_record,
)


def coordinates(h, w):
    """Each pixel's centre (x, y), as an image of two channels."""
    y, x = np.mgrid[:h, :w] + 0.5
    return np.stack([x, y], axis=-1)


steps = st.lists(
    st.one_of(
        st.just(('flip',)),
        st.tuples(st.just('crop'), *(st.floats(0, 0.999) for _ in range(4))),
        st.tuples(st.just('grow'), st.integers(1, 3), st.integers(1, 3)),
    ),
    max_size=7,
)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), steps)
def test_record__follows_the_pixels_through_any_chain(h, w, chain):
    """Images that hold their own coordinates tell where they came from.

    Crops, mirrors and whole enlargements keep the coordinates exact.
    """
    view, record = coordinates(h, w), whole_record((h, w))
    for step in chain:
        hw = view.shape[:2]
        if step[0] == 'flip':
            view, record = view[:, ::-1], flip_record(record)
        elif step[0] == 'crop':
            high = 1 + int(step[1] * hw[0])
            wide = 1 + int(step[2] * hw[1])
            top = int(step[3] * (hw[0] - high + 1))
            left = int(step[4] * (hw[1] - wide + 1))
            view = view[top : top + high, left : left + wide]
            record = crop_record(record, hw, (top, left, high, wide))
        elif max(hw) < 200:
            # Nearest neighbour: each pixel becomes a block of its value.
            view = view.repeat(step[1], axis=0).repeat(step[2], axis=1)
    hw = view.shape[:2]
    pixels = np.concatenate(
        [coordinates(*hw) - 0.5, coordinates(*hw) + 0.5], axis=-1
    )
    boxes = to_original(pixels, record, hw)
    # The original pixel lies where the view's pixel is mapped to.
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    size = boxes[..., 2:] - boxes[..., :2]
    assert (np.abs(middle - view) <= 0.5 - size / 2 + 1e-9).all()


def test_record__crop_of_a_mirrored_enlarged_crop_by_hand():
    record = crop_record(
        whole_record((100, 200)), (100, 200), (10, 20, 40, 80)
    )
    record = flip_record(record)  # then enlarged to 80 x 160
    record = crop_record(record, (80, 160), (0, 0, 80, 40))
    # The left quarter of a mirrored view is the right quarter of the crop.
    np.testing.assert_allclose(record, [10, 80, 40, 20, 1])
    assert flip_record(record)[4] == 0


def test_record__padding_reaches_beyond_the_image():
    record = crop_record(whole_record((10, 10)), (10, 10), (-5, -3, 20, 16))
    np.testing.assert_array_equal(record, [-5, -3, 20, 16, 0])


def test_get__the_whole_image_without_a_record():
    results = dict(img=np.zeros((3, 5, 3), np.uint8))
    assert get_record(results).tolist() == [0, 0, 3, 5, 0]
    record = np.array([1, 2, 3, 4, 1.0])
    set_view(results, results['img'][:2], record)
    assert get_record(results) is record
    assert results['img_shape'] == results['view_shape'] == (2, 5)


def test_get__refuses_an_image_that_changed_without_record():
    results = set_view({}, np.zeros((4, 4, 3), np.uint8), whole_record((4, 4)))
    results['img'] = results['img'][:2]
    with pytest.raises(ValueError, match=r'2 x 4 px, .* for 4 x 4 px: a tran'):
        get_record(results)


def test_get__refuses_after_the_views_are_made():
    with pytest.raises(ValueError, match='inside or before MultiViewGeometry'):
        get_record(dict(img=np.zeros((4, 4, 3), np.uint8), views=[]))
