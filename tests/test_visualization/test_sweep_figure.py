import numpy as np
import pytest

from mmssl.evaluation.sweep_table import Metric
from mmssl.visualization.sweep_figure import draw_sweep, panel_names


def metrics(*names):
    return [Metric(n, ('0', '0.5'), (1.0, 2.0), (0.0, 0.0)) for n in names]


def ink(image, color):
    """Number of pixels close to a colour."""
    distance = np.abs(image.astype(int) - color).max(axis=-1)
    return int((distance < 12).sum())


def test_names__baselines_get_no_plot():
    found = metrics('p/top1', 'p/random weights/top1', 'p/chance', 'mIoU')
    found += metrics('mIoU_std', 'p/no network/place/top1')
    assert panel_names({'x': found}) == ['p/top1', 'mIoU']
    assert panel_names({'x': metrics('p/random weights/a')}) == [
        'p/random weights/a'
    ]


def test_draw__a_plot_for_each_metric_in_rows_of_three():
    one = draw_sweep('k', {'x': metrics('a')}, dpi=50)
    four = draw_sweep('k', {'x': metrics('a', 'b', 'c', 'd')}, dpi=50)
    assert one.dtype == np.uint8
    assert four.shape == (2 * one.shape[0], 3 * one.shape[1], 3)
    only = draw_sweep('k', {'x': metrics('a', 'b')}, only=['b'], dpi=50)
    assert only.shape == one.shape


def test_draw__lines_bars_and_several_sweeps():
    blue, red = (31, 95, 168), (176, 58, 91)
    lines = draw_sweep('k', {'x': metrics('a')})
    bars = draw_sweep('k', {'x': metrics('a')}, style='bars')
    both = draw_sweep('k', {'x': metrics('a'), 'y': metrics('a')}, 'bars')
    assert 100 < ink(lines, blue) < ink(bars, blue) / 3
    assert ink(bars, red) == 0
    assert ink(both, red) > 1000


def test_draw__title_is_written():
    plain = draw_sweep('k', {'x': metrics('a')})
    titled = draw_sweep('k', {'x': metrics('a')}, title='A title')
    top = slice(0, 25)
    assert ink(plain[top], (0, 0, 0)) < ink(titled[top], (0, 0, 0))


def test_draw__refused():
    with pytest.raises(ValueError, match=r"auto, bars, lines, got 'dots'"):
        draw_sweep('k', {'x': metrics('a')}, style='dots')
    with pytest.raises(ValueError, match='no result'):
        draw_sweep('k', {'x': []})
