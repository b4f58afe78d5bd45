import csv
import io
import math

import pytest

from mmssl.evaluation.sweep_table import (
    Metric,
    SweepRow,
    by_metric,
    csv_text,
    markdown_table,
    metric_names,
)


def row(value, seed=None, status='done', **metrics):
    return SweepRow(value, seed, status, metrics, 1.25, f'runs/{value}')


ROWS = [
    row('0', 0, mIoU=40.0, acc=0.5),
    row('0', 1, mIoU=44.0, acc=0.5),
    row('1', 0, mIoU=50.0),
    SweepRow('1', 1, 'failed', error='no, luck'),
]


def test_names__all_or_those_that_fit():
    assert metric_names(ROWS) == ['mIoU', 'acc']
    assert metric_names(ROWS, ['acc', '*']) == ['acc', 'mIoU']
    assert metric_names([SweepRow('1')], ['a']) == []
    with pytest.raises(ValueError, match=r"fits 'x\*'; there are: acc, mIoU"):
        metric_names(ROWS, ['x*'])


def test_names__details_only_if_asked_for():
    metrics = {
        'p/linear/miou': 1.0,
        'p/linear/miou_std': 1.0,
        'p/linear/iou/head': 1.0,
        'p/no network/place/miou': 1.0,
    }
    rows = [SweepRow('0', status='done', metrics=metrics)]
    assert metric_names(rows) == ['p/linear/miou']
    assert metric_names(rows, ['*']) == list(metrics)
    assert csv_text('k', rows).startswith(f'k,seed,status,{",".join(metrics)}')
    only = [SweepRow('0', metrics={'a/iou/b': 1.0})]
    assert metric_names(only) == ['a/iou/b']


def test_by_metric__means_and_deviations_of_seeds():
    assert by_metric(ROWS) == [
        Metric('mIoU', ('0', '1'), (42.0, 50.0), (math.sqrt(8), 0.0)),
        Metric('acc', ('0',), (0.5,), (0.0,)),
    ]


def test_by_metric__failed_runs_do_not_count():
    rows = [row('0', a=1.0), row('1', status='failed', a=9.0)]
    assert by_metric(rows) == [Metric('a', ('0',), (1.0,), (0.0,))]


def test_by_metric__nan_is_kept():
    (metric,) = by_metric([row('0', 0, a=1.0), row('0', 1, a=math.nan)])
    assert math.isnan(metric.means[0])
    assert metric.stds == (0.0,)


def test_csv__a_line_for_each_run():
    table = list(csv.DictReader(io.StringIO(csv_text('m.lr', ROWS))))
    assert [t['m.lr'] for t in table] == ['0', '0', '1', '1']
    assert [t['seed'] for t in table] == ['0', '1', '0', '1']
    assert [t['mIoU'] for t in table] == ['40.0', '44.0', '50.0', '']
    assert table[3]['status'] == 'failed'
    assert table[3]['error'] == 'no, luck'
    assert table[0]['seconds'] == '1.2'
    assert table[0]['folder'] == 'runs/0'


def test_markdown__a_line_for_each_value():
    assert markdown_table('m.lr', ROWS).splitlines() == [
        '| m.lr | mIoU | acc |',
        '| ---: | ---: | ---: |',
        '| 0 | 42.00 ± 2.83 | 0.5000 |',
        '| 1 | 50.00 | - |',
        '',
        '* m.lr = 1, seed 1: failed, no, luck',
    ]
    assert markdown_table('m.lr', ROWS, ['acc']).splitlines()[2] == (
        '| 0 | 0.5000 |'
    )


def test_markdown__nothing_yet():
    assert markdown_table('k', [SweepRow('1')]).splitlines() == [
        '| k |',
        '| ---: |',
        '| 1 |',
        '',
        '* k = 1: open',
    ]
