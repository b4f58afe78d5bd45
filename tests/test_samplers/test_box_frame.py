import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.samplers.box_frame import shared_frame


def frame_of(first, second, hw=((224, 224), (224, 224)), image=None):
    records = np.array([[first], [second]], float)
    return shared_frame(
        records,
        np.array(hw, float)[:, None],
        None if image is None else np.array([image], float),
    )


def test_frame__by_hand():
    # x: shared 60..160, y: shared 50..110; view 0 shows 0.5 px for each px
    # in x and 1 in y, view 1 shows 1 in x and 0.4 in y.
    frame = frame_of(
        [10, 60, 100, 200, 0],
        [50, 0, 200, 160, 1],
        hw=((100, 100), (80, 160)),
    )
    np.testing.assert_allclose(frame.size[:, 0], [50, 24])  # 100 / 2, 60 * .4
    np.testing.assert_allclose(frame.ratio[:, 0, 0], [1, 2.5])
    np.testing.assert_allclose(frame.ratio[:, 1, 0], [2, 1])
    np.testing.assert_allclose(frame.shift[:, 0, 0], [0, 40])
    np.testing.assert_allclose(frame.shift[:, 1, 0], [60, 0])
    np.testing.assert_array_equal(frame.view[:, 1, 0], [160, 80])
    assert frame.flipped.tolist() == [[False], [True]]


def test_frame__no_overlap_has_no_size():
    apart = frame_of([0, 0, 50, 50, 0], [0, 60, 50, 50, 0])
    assert apart.size[0, 0] < 0 < apart.size[1, 0]
    touching = frame_of([0, 0, 50, 50, 0], [0, 50, 50, 50, 0])
    assert touching.size[0, 0] == 0


def test_frame__padding_is_not_shared():
    record = [-10, -20, 120, 140, 0]  # an image of 100 x 100, padded
    frame = frame_of(record, record, hw=((120, 140),) * 2, image=(100, 100))
    np.testing.assert_array_equal(frame.size[:, 0], [100, 100])
    np.testing.assert_array_equal(frame.shift[:, 0, 0], [20, 10])


def test_frame__take_keeps_rows():
    records = np.arange(40, dtype=float).reshape(2, 4, 5) + 1
    frame = shared_frame(records, np.full((2, 4, 2), 64.0))
    part = frame.take(np.array([3, 1]))
    np.testing.assert_array_equal(part.size, frame.size[:, [3, 1]])
    np.testing.assert_array_equal(part.flipped, frame.flipped[:, [3, 1]])


crop = st.tuples(
    *(st.integers(0, 60) for _ in range(2)),
    *(st.integers(1, 90) for _ in range(2)),
    st.booleans(),
)
shape = st.tuples(st.integers(8, 300), st.integers(8, 300))


@settings(max_examples=80, deadline=None)
@given(crop, crop, shape, shape)
def test_frame__corners_are_one_place_of_the_original(a, b, hw_a, hw_b):
    frame = frame_of(a, b, hw=(hw_a, hw_b))
    low = [max(a[1], b[1]), max(a[0], b[0])]
    high = [min(a[1] + a[3], b[1] + b[3]), min(a[0] + a[2], b[0] + b[2])]
    scales = []
    for k, (record, hw) in enumerate(((a, hw_a), (b, hw_b))):
        scale = np.array([hw[1] / record[3], hw[0] / record[2]])
        scales.append(scale)
        corner = np.array([record[1], record[0]])
        # The frame's origin in px of the original image.
        place = corner + frame.shift[:, k, 0] / scale
        np.testing.assert_allclose(place, low, atol=1e-9)
    coarser = np.minimum(*scales)
    expected = [round((h - m) * s) for h, m, s in zip(high, low, coarser)]
    np.testing.assert_array_equal(frame.size[:, 0], expected)
    assert (frame.ratio >= 1).all()
    np.testing.assert_allclose(frame.ratio.min(1), 1)
