import numpy as np
import pytest

from mmssl.visualization import curves as cv

CURVES = {
    'loss': (list(range(100)), [10 / (n + 1) for n in range(100)]),
    'lr': ([0, 99], [0.1, 0.01]),
    'flow/loss': ([50, 99], [3.0, 2.0]),
    'flow/EPE': ([50, 99], [3.0, 2.0]),
    'flow/EPE_zero': ([50, 99], [2.5, 2.5]),
}


def ink(image, color):
    """Number of pixels close to a colour."""
    distance = np.abs(image.astype(int) - color).max(axis=-1)
    return int((distance < 12).sum())


def test_draw_curves__one_plot_for_each_kind():
    image = cv.draw_curves(CURVES, dpi=60)
    alone = cv.draw_curves(CURVES, ['loss'], dpi=60)
    assert image.dtype == np.uint8
    assert image.shape[1] == 2 * alone.shape[1]  # loss and EPE
    assert image.shape[0] == alone.shape[0]


def test_draw_curves__baseline_grey_model_blue():
    blue, grey = (31, 95, 168), (136, 136, 136)
    with_zero = cv.draw_curves(CURVES, ['flow/EPE', 'flow/EPE_zero'])
    without = cv.draw_curves(CURVES, ['flow/EPE'])
    assert ink(with_zero, blue) > 100
    assert ink(without, blue) > 100
    assert ink(with_zero, grey) > ink(without, grey) + 100


def test_draw_curves__line_falls_from_left_to_right():
    falling = {'flow/EPE': ([0, 100], [4.0, 0.5])}
    image = cv.draw_curves(falling)
    blue = np.abs(image.astype(int) - (31, 95, 168)).max(axis=-1) < 12
    # Without the legend, which is at the upper right.
    rows, cols = np.nonzero(blue[:, : blue.shape[1] // 2])
    assert np.corrcoef(rows, cols)[0, 1] > 0.9


def test_chosen_keys__defaults_are_those_that_exist():
    assert cv.chosen_keys(CURVES, None) == [
        'loss',
        'flow/loss',
        'flow/EPE',
        'flow/EPE_zero',
    ]
    assert cv.chosen_keys(CURVES, ['lr']) == ['lr']


@pytest.mark.parametrize('keys', [['loss', 'los'], [], None])
def test_chosen_keys__missing_lists_what_is_there(keys):
    curves = CURVES if keys else {'a': ([1], [1])}
    there = sorted(curves)
    with pytest.raises(ValueError, match='there are: ') as error:
        cv.chosen_keys(curves, keys)
    assert str(there) in str(error.value)


def test_group_keys__kinds_of_losses_and_metrics():
    keys = ['loss', 'loss_flow', 'lr', 'flow/Fl', 'flow/Fl_zero', 'a/b_c']
    assert cv.group_keys(keys) == {
        'loss': ['loss', 'loss_flow'],
        'lr': ['lr'],
        'Fl': ['flow/Fl', 'flow/Fl_zero'],
        'b_c': ['a/b_c'],
    }


@pytest.mark.parametrize(('n', 'window'), [(1, 5), (7, 3), (20, 6), (4, 99)])
def test_moving_average__equals_naive_loop(n, window):
    values = np.random.default_rng(n).normal(size=n).tolist()
    half = window // 2
    expected = [
        np.mean(values[max(0, i - half) : i + half + 1]) for i in range(n)
    ]
    np.testing.assert_allclose(cv.moving_average(values, window), expected)


def test_draw_curves__matplotlib_missing(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'matplotlib.figure', None)
    with pytest.raises(ImportError, match=r'training curves needs matplotlib'):
        cv.draw_curves(CURVES)


def test_draw_runs__a_plot_for_each_key_with_all_runs():
    other = {**CURVES, 'loss': ([0, 99], [5.0, 5.0])}
    runs = {'scrl': CURVES, 'byol': other}
    image = cv.draw_runs(runs, ['loss', 'lr'], dpi=60)
    alone = cv.draw_runs(runs, ['loss'], dpi=60)
    assert image.shape[1] == 2 * alone.shape[1]
    # the second run has its own colour
    red = (176, 58, 91)
    assert ink(cv.draw_runs(runs, ['loss']), red) > 100
    assert ink(cv.draw_runs({'scrl': CURVES}, ['loss']), red) == 0


def test_draw_runs__defaults_are_what_all_have():
    runs = {'a': {**CURVES, 'probe/knn_top1': ([0, 9], [1, 2])}, 'b': CURVES}
    wide = cv.draw_runs(runs, dpi=60)
    four = ['loss', 'flow/loss', 'flow/EPE', 'flow/EPE_zero']
    np.testing.assert_array_equal(wide, cv.draw_runs(runs, four, dpi=60))
    with pytest.raises(ValueError, match=r"b: no curve \['probe/knn_top1'\]"):
        cv.draw_runs(runs, ['probe/knn_top1'])


def test_chosen_keys__probes_are_drawn_unasked():
    curves = {'loss': ([1], [1]), 'probe/knn_top1': ([1], [1])}
    assert cv.chosen_keys(curves, None) == ['loss', 'probe/knn_top1']
