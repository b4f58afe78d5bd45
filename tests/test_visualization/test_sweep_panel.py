import numpy as np
import pytest
from matplotlib.figure import Figure

from mmssl.evaluation.sweep_table import Metric
from mmssl.visualization.sweep_panel import (
    baselines_of,
    draw_panel,
    is_bars,
)


def metric(name, values, means, stds=None):
    zeros = (0.0,) * len(means)
    return Metric(name, tuple(values), tuple(means), tuple(stds or zeros))


def panel(name, style='auto', **sweeps):
    axes = Figure().add_subplot()
    drawn = {k: {m.name: m for m in ms} for k, ms in sweeps.items()}
    draw_panel(axes, name, drawn, style)
    return axes


@pytest.mark.parametrize(
    ('values', 'style', 'bars'),
    [
        (['0', '0.5', '1'], 'auto', False),
        (['1', '2', '3'], 'auto', True),
        (['1', '2', '3'], 'lines', False),
        (['0', '0.5'], 'bars', True),
        (['image', 'batch'], 'lines', True),
        (['1', 'None'], 'auto', True),
        (['0', 'nan'], 'lines', True),
    ],
)
def test_is_bars__choices(values, style, bars):
    assert is_bars(values, style) is bars


def test_baselines__of_probes():
    assert baselines_of('probe/20-NN/mean_class') == {
        'probe/random weights/20-NN/mean_class': 'random weights',
        'probe/20-NN/chance_mean_class': 'chance',
        'probe/no network/most frequent class/mean_class': (
            'most frequent class'
        ),
        'probe/no network/place/mean_class': 'place',
    }
    assert baselines_of('mIoU')['random weights/mIoU'] == 'random weights'
    assert not baselines_of('probe/random weights/top1')
    assert not baselines_of('probe/no network/place/top1')


def test_line__points_in_the_order_of_numbers():
    m = metric('a', ['1', '0', '0.5'], [3.0, 1.0, 2.0])
    axes = panel('a', x=[m])
    (line,) = axes.get_lines()
    np.testing.assert_array_equal(line.get_xydata()[:, 0], [0, 0.5, 1])
    np.testing.assert_array_equal(line.get_xydata()[:, 1], [1, 2, 3])
    assert sorted(t.get_text() for t in axes.texts) == ['1', '2', '3']
    low, high = axes.get_ylim()
    assert low == pytest.approx(0.5)
    assert high == pytest.approx(3.5)


def test_bars__of_two_sweeps_side_by_side():
    one = metric('a', ['1', '2', '3'], [3.0, 1.0, 2.0])
    two = metric('a', ['2', '3'], [5.0, 6.0])
    axes = panel('a', x=[one], y=[two])
    heights = [patch.get_height() for patch in axes.patches]
    assert heights == [3.0, 1.0, 2.0, 5.0, 6.0]
    centres = [p.get_x() + p.get_width() / 2 for p in axes.patches]
    np.testing.assert_allclose(
        centres, [-0.18, 0.82, 1.82, 1.18, 2.18], atol=1e-9
    )
    labels = [tick.get_text() for tick in axes.get_xticklabels()]
    assert labels == ['1', '2', '3']
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ['x', 'y']


def test_panel__baselines_are_broken_lines():
    metrics = [
        metric('p/top1', ['0', '0.5'], [60.0, 70.0]),
        metric('p/random weights/top1', ['0', '0.5'], [30.0, 31.0]),
        metric('p/chance', ['0', '0.5'], [25.0, 25.0]),
    ]
    axes = panel('p/top1', x=metrics)
    dashed = {
        line.get_label(): list(line.get_ydata())
        for line in axes.get_lines()
        if line.get_linestyle() == '--'
    }
    assert dashed == {'random weights': [30.0, 31.0], 'chance': [25.0, 25.0]}
    assert axes.get_ylim()[0] < 25


def test_panel__deviations_of_seeds():
    axes = panel('a', x=[metric('a', ['0', '0.5'], [1.0, 2.0], [0.5, 0.0])])
    (errors,) = axes.containers
    segments = errors[2][0].get_segments()
    np.testing.assert_allclose(segments[0][:, 1], [0.5, 1.5])
    assert axes.get_ylim()[0] < 0.5


def test_panel__equal_and_missing_numbers():
    axes = panel('a', x=[metric('a', ['0', '0.5'], [4.0, 4.0])])
    low, high = axes.get_ylim()
    assert low < 4 < high
    panel('a', x=[metric('a', ['0', '0.5'], [float('nan')] * 2)])
