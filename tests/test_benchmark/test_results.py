"""Rows of folders, cells over seeds."""

import math
import statistics
from pathlib import Path

import pytest

from mmssl.benchmark.job_state import note_failure
from mmssl.benchmark.results import Row, cells_of, read_rows
from mmssl.downstream.job_spec import JobResult

R18, SWIN = dict(type='ResNet', depth=18), dict(type='SwinTransformer')


def rows_of(task, backbone, values, config=R18, **more):
    return [
        Row(task, backbone, n, config=config, metric='m', value=v, **more)
        for n, v in enumerate(values)
    ]


def names(rows):
    return [f'{row.backbone} {row.seed}' for row in rows]


def test_cells__mean_deviation_and_gain_by_hand():
    rows = [
        *rows_of('a', 'random R', [1.0, 2.0, 6.0], random=True),
        *rows_of('a', 'mine', [4.0, 8.0]),
    ]
    first, second = cells_of(rows)
    assert first.mean == 3.0
    assert first.std == pytest.approx(math.sqrt((4 + 1 + 9) / 2))
    assert first.std == pytest.approx(statistics.stdev([1, 2, 6]))
    assert first.gain is None
    assert (second.mean, second.gain) == (6.0, 3.0)
    assert second.std == pytest.approx(math.sqrt(8))


def test_cells__each_beside_random_weights_of_its_own_architecture():
    rows = [
        *rows_of('a', 'random R', [1.0], random=True),
        *rows_of('a', 'random S', [10.0], config=SWIN, random=True),
        *rows_of('a', 'r', [5.0]),
        *rows_of('a', 's', [12.0], config=SWIN),
        *rows_of('a', 'x', [12.0], config=dict(type='VGG')),
        *rows_of('b', 'r', [5.0]),  # nothing random in this task
    ]
    gains = {(c.task, c.backbone): c.gain for c in cells_of(rows)}
    assert gains == {
        ('a', 'random R'): None,
        ('a', 'random S'): None,
        ('a', 'r'): 4.0,
        ('a', 's'): 2.0,
        ('a', 'x'): None,
        ('b', 'r'): None,
    }


def test_cells__fewer_errors_are_a_gain():
    for metric, gain in (('miss_rate/heavy', 20.0), ('heavy/AP', -20.0)):
        cells = cells_of(
            [
                Row('a', 'r', 0, random=True, metric=metric, value=60.0),
                Row('a', 'mine', 0, metric=metric, value=40.0),
            ]
        )
        assert [cell.gain for cell in cells] == [None, gain]


def test_cells__failed_and_senseless_numbers_are_left_out():
    rows = [
        *rows_of('a', 'mine', [4.0, math.nan, None, 6.0]),
        Row('a', 'mine', 4, status='failed', error='x'),
    ]
    (cell,) = cells_of(rows)
    assert cell.values == (4.0, 6.0)
    assert (cell.mean, cell.expected) == (5.0, 5)
    (empty,) = cells_of([Row('a', 'mine', 0, status='failed')])
    assert empty.values == ()
    assert math.isnan(empty.mean)
    assert cells_of([]) == []


def test_rows__of_folders_in_the_order_asked_for(make_spec, tmp_path):
    specs = [
        make_spec(backbone='b', seed=10),
        make_spec(backbone='b', seed=9),
        make_spec(backbone='a', file=None),
    ]
    for spec in specs:
        spec.write()
    JobResult(
        'parsing',
        'b',
        9,
        'mIoU',
        1.5,
        dict(mIoU=1.5, aAcc=3.0),
        dict(matched=2),
        dict(train=3.0),
        {},
        'abc',
    ).write(specs[1].work_dir)
    note_failure(Path(specs[2].work_dir), 'misfit', 'it cannot fit')
    out = tmp_path / 'out'
    rows = read_rows(out)
    assert [(r.backbone, r.seed) for r in rows] == [
        ('a', 0),
        ('b', 9),
        ('b', 10),
    ]
    failed, done, half = rows
    assert (failed.random, failed.error) == (True, 'it cannot fit')
    assert (done.value, done.metrics['aAcc'], done.load) == (
        1.5,
        3.0,
        dict(matched=2),
    )
    assert done.config == dict(type='ResNet')
    assert half.status == 'half finished'
    asked = read_rows(out, [Path(spec.work_dir) for spec in specs])
    assert [(r.backbone, r.seed) for r in asked] == [
        ('b', 10),
        ('b', 9),
        ('a', 0),
    ]
    # what was set aside, and what is not ours, is no row
    Path(specs[1].work_dir).rename(out / 'jobs/parsing/b/seed_9.old-1')
    (out / 'jobs/parsing/c/seed_0').mkdir(parents=True)
    assert len(read_rows(out)) == 2
    assert read_rows(tmp_path / 'gone') == []
