import numpy as np
import pytest

from mmssl.visualization.box_pairs import box_color
from mmssl.visualization.multi_crop import crop_caption, multi_crop_panel


def make_views():
    shapes = [(128, 64)] * 2 + [(64, 32)] * 5
    return [np.full((*hw, 3), 20 + n, np.uint8) for n, hw in enumerate(shapes)]


def record(n):
    return [10 * n, 5 * n, 60, 30, n % 2]


def test_panel__every_view_at_one_scale():
    views = make_views()
    panel = multi_crop_panel(views)
    for n, view in enumerate(views):
        shown = (panel == 20 + n).all(-1)
        assert shown.sum() == 4 * view.shape[0] * view.shape[1]
        rows, cols = np.nonzero(shown)
        assert np.ptp(rows) + 1 == 2 * view.shape[0]
        assert np.ptp(cols) + 1 == 2 * view.shape[1]
    # the small ones stand below the large ones, in order
    top = [np.nonzero((panel == 20 + n).all(-1))[0].min() for n in range(7)]
    assert top[0] == top[1] < min(top[2:])


def test_panel__shows_where_views_lie():
    views = make_views()[:3]
    records = [record(n) for n in range(3)]
    without = multi_crop_panel(views, records)
    panel = multi_crop_panel(views, records, (160, 80), '#3')
    assert panel.shape[1] > without.shape[1]
    where = panel[:, without.shape[1] :]
    for n in range(3):
        found = np.nonzero((where == box_color(n)).all(-1))
        # the frame's height is that of the crop in the scaled image
        scale = 256 / 160
        assert abs(np.ptp(found[0]) - 60 * scale) <= 3
        assert abs(np.ptp(found[1]) - 30 * scale) <= 3


def test_caption__what_is_known():
    assert crop_caption(1, None, None) == '1'
    assert crop_caption(1, record(1), None) == '1: 60x30 px flip'
    assert crop_caption(2, record(2), (120, 60)) == '2: 25 %'


def test_panel__mistakes():
    with pytest.raises(ValueError, match='at least one view'):
        multi_crop_panel([])
    with pytest.raises(ValueError, match='7 views, but 1 records'):
        multi_crop_panel(make_views(), [record(0)])
