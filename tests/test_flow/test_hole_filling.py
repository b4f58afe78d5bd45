import numpy as np
import pytest

from mmssl.flow.hole_filling import (
    background_of,
    close_cracks,
    fill_holes,
    inpaint,
)


def picture(height=20, width=30):
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (height, width, 3), dtype=np.uint8)


def naive_cracks(warped, hole):
    filled, left = warped.copy(), hole.copy()
    height, width = hole.shape

    def is_known(row, col):
        return 0 <= row < height and 0 <= col < width and not hole[row, col]

    for row, col in zip(*np.nonzero(hole)):
        sides = is_known(row, col - 1) and is_known(row, col + 1)
        ends = is_known(row - 1, col) and is_known(row + 1, col)
        if not (sides or ends):
            continue
        near = [
            warped[r, c].astype(int)
            for r in range(row - 1, row + 2)
            for c in range(col - 1, col + 2)
            if is_known(r, c)
        ]
        filled[row, col] = np.rint(np.mean(near, axis=0))
        left[row, col] = False
    return filled, left


def test_close_cracks__equals_the_loop():
    image = picture()
    hole = np.random.default_rng(1).random((20, 30)) < 0.3
    hole[5:12, 5:12] = True
    image[hole] = 0
    filled, left = close_cracks(image, hole)
    expected, naive_left = naive_cracks(image, hole)
    assert 0 < naive_left.sum() < hole.sum()
    np.testing.assert_array_equal(left, naive_left)
    # halves may be rounded either way
    assert np.abs(filled.astype(int) - expected.astype(int)).max() <= 1


def test_close_cracks__a_line_in_one_colour_vanishes():
    image = np.full((9, 9, 3), 77, np.uint8)
    hole = np.zeros((9, 9), bool)
    hole[:, 4] = True
    image[hole] = 0
    filled, left = close_cracks(image, hole)
    assert not left.any()
    assert (filled == 77).all()


def test_fill_holes__nothing_to_do_changes_nothing():
    image = picture()
    none = np.zeros((20, 30), bool)
    np.testing.assert_array_equal(fill_holes(image, none), image)


def test_fill_holes__background_shows_through():
    image = picture()
    hole = np.zeros((20, 30), bool)
    hole[5:15, 5:15] = True
    background = np.full_like(image, 9)
    filled = fill_holes(image, hole, background)
    np.testing.assert_array_equal(filled[~hole], image[~hole])
    assert (filled[hole] == 9).all()


def test_inpaint__continues_what_is_around():
    image = np.zeros((20, 30, 3), np.uint8)
    image[:] = 40, 80, 120
    hole = np.zeros((20, 30), bool)
    hole[5:15, 5:15] = True
    image[hole] = 0
    filled = inpaint(image, hole)
    assert np.abs(filled.astype(int) - (40, 80, 120)).max() <= 1
    np.testing.assert_array_equal(filled, fill_holes(image, hole))
    np.testing.assert_array_equal(
        inpaint(image, np.ones((20, 30), bool)), image
    )


def test_background_of__what_moves_is_painted_out():
    image = np.full((40, 40, 3), 30, np.uint8)
    image[10:30, 10:30] = 220
    flow = np.zeros((40, 40, 2), np.float32)
    flow[10:30, 10:30] = 6, 0
    background = background_of(image, flow)
    assert np.abs(background.astype(int) - 30).max() <= 1
    everything = np.zeros((40, 40, 2), np.float32) + 3
    np.testing.assert_array_equal(background_of(image, everything), image)
    nothing = np.zeros((40, 40, 2), np.float32)
    np.testing.assert_array_equal(background_of(image, nothing), image)
    with pytest.raises(ValueError, match=r'share must be in \(0, 1\), got 1'):
        background_of(image, flow, share=1)
