import numpy as np
import pytest

from mmssl.visualization import guidance
from mmssl.visualization.flow_color import flow_to_rgb

GREY = np.full((64, 96, 3), 128, dtype=np.uint8)


def changed(image):
    return (image != GREY).any(axis=-1)


def test_draw_guidance__arrow_lies_along_its_vector():
    image = guidance.draw_guidance(GREY, [[30, 20]], [[40.0, 0.0]])
    rows, cols = np.nonzero(changed(image))
    assert 30 - rows.min() == rows.max() - 30  # symmetric about the axis
    assert cols.min() >= 15
    assert 58 <= cols.max() <= 63  # the tip is at column 60
    # The shaft has the colour the vector has on the wheel: red to the right.
    assert image[30, 40].tolist() == [255, 0, 0]
    assert (GREY == 128).all()  # the input is untouched


def test_draw_guidance__axes_are_not_swapped():
    down = guidance.draw_guidance(GREY, [[10, 48]], [[0.0, 40.0]])
    rows, cols = np.nonzero(changed(down))
    assert rows.max() >= 48
    assert np.abs(cols - 48).max() <= 8


def test_draw_guidance__gain_lengthens():
    short = changed(guidance.draw_guidance(GREY, [[30, 20]], [[10, 0]]))
    long = changed(guidance.draw_guidance(GREY, [[30, 20]], [[10, 0]], 4))
    assert np.nonzero(short)[1].max() < 35
    assert np.nonzero(long)[1].max() >= 58


def test_draw_guidance__resting_point_is_a_red_cross():
    image = guidance.draw_guidance(GREY, [[30, 20]], [[0.2, 0.0]])
    red = (image == guidance._STILL_COLOR).all(axis=-1)
    rows, cols = np.nonzero(red)
    assert len(rows) >= 5
    assert set(np.abs(rows - 30) - np.abs(cols - 20)) <= {-1, 0, 1}
    assert rows.mean() == pytest.approx(30, abs=0.5)
    assert cols.mean() == pytest.approx(20, abs=0.5)


def test_draw_guidance__slow_point_is_a_dot_in_the_wheels_colour():
    image = guidance.draw_guidance(GREY, [[30, 20]], [[0, 2.0]], radius=4.0)
    expected = flow_to_rgb(np.array([[[0, 2.0]]]), 4.0)[0, 0]
    assert image[30, 20].tolist() == expected.tolist()
    rows, cols = np.nonzero(changed(image))
    assert max(np.abs(rows - 30).max(), np.abs(cols - 20).max()) <= 5


def test_draw_guidance__points_at_the_border_and_none():
    np.testing.assert_array_equal(guidance.draw_guidance(GREY, [], []), GREY)
    corners = [[0, 0], [63, 95]]
    image = guidance.draw_guidance(GREY, corners, [[-30, -30], [30, 30]])
    assert changed(image)[0, 0]
    assert changed(image)[63, 95]


def test_draw_guidance__counts_differ():
    with pytest.raises(ValueError, match='2 points and 1 vectors'):
        guidance.draw_guidance(GREY, [[1, 1], [2, 2]], [[1, 1]])


@pytest.mark.parametrize(
    ('length', 'side', 'gain'),
    [(100.0, 256, 1), (30.0, 256, 1), (10.0, 256, 3), (0.0, 256, 8)],
)
def test_arrow_gain__longest_arrow_an_eighth_of_the_side(length, side, gain):
    assert guidance.arrow_gain([[length, 0], [0, 0]], side) == gain
    assert guidance.arrow_gain([], side) == 8


def test_draw_guidance_map__dots_at_the_points_dark_elsewhere():
    image = guidance.draw_guidance_map(
        [[10, 20], [40, 80]], [[5.0, 0.0], [0.0, 0.0]], (64, 96), radius=5.0
    )
    assert image[10, 20].tolist() == [255, 0, 0]
    assert image[40, 80].tolist() == [255, 255, 255]
    far = np.ones((64, 96), dtype=bool)
    far[7:14, 17:24] = far[37:44, 77:84] = False
    assert (image[far] == 40).all()
    empty = guidance.draw_guidance_map([], [], (8, 8))
    assert (empty == 40).all()
