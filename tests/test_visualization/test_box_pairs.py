import numpy as np
import pytest

from mmssl.visualization.box_pairs import (
    box_color,
    box_pairs_panel,
    draw_boxes,
    view_caption,
)
from mmssl.visualization.layout import caption_height


def grey(h, w):
    return np.full((h, w, 3), 128, np.uint8)


def edge_rows(tile, color):
    """Rows and columns from the first to the last pixel of a colour."""
    rows, columns = np.nonzero((tile == color).all(-1))
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_draw__boxes_lie_where_they_should():
    view = grey(400, 500)
    drawn = draw_boxes(view, [[50, 60, 200, 300]], [3])
    # Lines of 2 px around the edges, antialiased.
    found = edge_rows(drawn, box_color(3))
    np.testing.assert_allclose(found, [60, 300, 50, 200], atol=2)
    assert (drawn[100:250, 90:150] == 128).all()
    assert (view == 128).all()


def test_draw__small_views_are_enlarged():
    drawn = draw_boxes(grey(100, 120), [[10, 20, 60, 80]], [0])
    assert drawn.shape == (400, 480, 3)
    found = edge_rows(drawn, box_color(0))
    np.testing.assert_allclose(found, [80, 320, 40, 240], atol=2)


def test_panel__matching_boxes_have_matching_colours():
    views = [grey(320, 320), grey(320, 400), grey(320, 350)]
    boxes = [
        [[10, 10, 110, 110], [200, 30, 300, 130]],
        [[150, 150, 300, 300], [100, 150, 250, 300]],
    ]
    panel = box_pairs_panel(views, boxes, [[0, 1], [1, 2]])
    left = 1  # the frame of the first view
    places = [((0, 0), (1, 0)), ((1, 1), (2, 1))]
    starts = [left, left + 320 + 2 + 6, left + 320 + 400 + 2 * (2 + 6)]
    for (v, m), (u, _) in places:
        for n, side in ((v, 0), (u, 1)):
            width = views[n].shape[1]
            top = caption_height(width + 2) + 1
            tile = panel[top : top + 320, starts[n] : starts[n] + width]
            x1, y1, x2, y2 = boxes[m][side]
            np.testing.assert_allclose(
                edge_rows(tile, box_color(m)), [y1, y2, x1, x2], atol=2
            )
    first = panel[:, left : left + 320]
    assert not (first == box_color(1)).all(-1).any()


def test_panel__captions_say_what_is_there():
    without = box_pairs_panel([grey(320, 320)])
    record = [[1, 2, 3, 4, 0]]
    more = box_pairs_panel([grey(320, 320)], geometry=record, title='#7')
    none = box_pairs_panel([grey(320, 320)], [], [])  # says: 0 boxes
    strip = caption_height(322)
    for panel in (more, none):
        assert panel.shape == without.shape
        assert (panel[:strip] != without[:strip]).any()
        np.testing.assert_array_equal(panel[strip:], without[strip:])


def test_caption__size_place_and_mirror():
    assert view_caption(1, None) == 'view 1'
    assert view_caption(0, [0, 0, 10.4, 20, 0]) == (
        'view 0: 10 x 20 px at (0, 0)'
    )


def test_colors__of_the_first_twenty_differ():
    colors = np.array([box_color(n) for n in range(20)], int)
    apart = np.abs(colors[:, None] - colors[None]).sum(-1)
    np.fill_diagonal(apart, 999)
    assert apart.min() >= 30


def test_panel__refuses():
    with pytest.raises(ValueError, match='got 1 boxes and 2 box_views'):
        box_pairs_panel([grey(9, 9)], np.zeros((1, 2, 4)), [[0, 1]] * 2)
    with pytest.raises(ValueError, match='at least one image'):
        box_pairs_panel([], [], [])
