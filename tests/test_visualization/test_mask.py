import numpy as np
import pytest

from mmssl.visualization.mask import draw_mask


def test_draw_mask__tint_outline_and_nothing_else():
    image = np.full((40, 50, 3), 100, np.uint8)
    mask = np.zeros((40, 50), bool)
    mask[10:30, 10:30] = True
    drawn = draw_mask(image, mask)
    np.testing.assert_array_equal(drawn[~mask], image[~mask])
    for edge in (drawn[10, 10:30], drawn[29, 10:30], drawn[10:30, 10]):
        assert (edge == (40, 200, 90)).all()
    inner = 0.55 * 100 + 0.45 * np.array((40, 200, 90))
    assert np.abs(drawn[11:29, 11:29] - inner).max() <= 1
    assert (image == 100).all()


def test_draw_mask__a_mask_at_the_border_has_an_outline_there():
    image = np.zeros((20, 20, 3), np.uint8)
    drawn = draw_mask(image, np.ones((20, 20), bool))
    assert (drawn[0] == (40, 200, 90)).all()
    assert (drawn[5, 5] != (40, 200, 90)).any()


def test_draw_mask__points_are_x_y():
    image = np.zeros((60, 80, 3), np.uint8)
    drawn = draw_mask(image, np.zeros((60, 80), bool), [(70, 10)], [(20, 40)])
    assert drawn[10, 70].tolist() == [60, 110, 255]
    red = drawn[40, 20].astype(int)
    assert red[0] > 150 > red[1]
    untouched = drawn.copy()
    untouched[4:17, 64:77] = 0
    untouched[30:51, 10:31] = 0
    assert not untouched.any()


def test_draw_mask__sizes_that_differ():
    with pytest.raises(ValueError, match=r'\(4, 5\) does not fit'):
        draw_mask(np.zeros((5, 4, 3), np.uint8), np.zeros((4, 5), bool))
