"""A whole sweep; the commands of its runs are played here."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmssl.apis import sweep_run
from mmssl.apis.sweep import (
    draw_results,
    read_plan,
    rows_of,
    run_sweep,
    write_tables,
)
from mmssl.apis.sweep_key import SweepError
from mmssl.apis.sweep_plan import make_plan
from mmssl.evaluation.sweep_table import SweepRow
from mmssl.flow.output_lock import OutputLock


@pytest.fixture
def started(monkeypatch):
    """Values whose commands were started; 'bad' ones fail for a while."""
    found = []

    def play(words, log):
        value = words[words.index('-v') + 1]
        found.append(value)
        if value.startswith('bad') and found.count(value) < int(value[3:]):
            log.write_text('error: bad luck\n')
            return 1
        result = dict(mIoU=10.0 * len(value), aAcc=1.0)
        (log.parent / 'a.json').write_text(json.dumps(result))
        return 0

    monkeypatch.setattr(sweep_run, 'run_command_logged', play)
    return found


def plan_of(*values, step='yolo -v {value}', **options):
    return make_plan('a.key', values, [step], **options)


def test_sweep__results_in_all_forms(tmp_path, started):
    said = []
    rows = run_sweep(plan_of('xx', 'x'), tmp_path, say=said.append)
    assert [(r.value, r.metrics['a/mIoU']) for r in rows] == [
        ('xx', 20.0),
        ('x', 10.0),
    ]
    with (tmp_path / 'results.csv').open() as file:
        table = list(csv.DictReader(file))
    assert [(t['a.key'], t['a/mIoU']) for t in table] == [
        ('xx', '20.0'),
        ('x', '10.0'),
    ]
    assert '| xx | 20.00 | 1.00 |' in (tmp_path / 'results.md').read_text()
    assert said[0] == '[1/2] key=xx'
    assert 'a/mIoU 20' in said[1]
    assert rows_of(tmp_path) == rows


def test_sweep__goes_on_and_takes_more_values(tmp_path, started):
    run_sweep(plan_of('1', '3'), tmp_path)
    started.clear()
    said = []
    rows = run_sweep(plan_of('3', '2'), tmp_path, say=said.append)
    assert started == ['2']
    assert said[0] == '1 of 2 runs are done'
    assert [row.value for row in rows] == ['3', '2']
    assert [row.value for row in rows_of(tmp_path)] == ['1', '2', '3']
    assert read_plan(tmp_path).values == ('1', '2', '3')


def test_sweep__failed_ones_are_named_and_tried_again(tmp_path, started):
    said = []
    plan = plan_of('bad3', 'ok', 'bad2')
    rows = run_sweep(plan, tmp_path, say=said.append)
    assert started == ['bad3', 'ok', 'bad2', 'bad3', 'bad2']
    assert [row.status for row in rows] == ['failed', 'done', 'done']
    assert '[1/2] key=bad3 again' in said
    table = (tmp_path / 'results.md').read_text()
    assert '* a.key = bad3: failed, yolo: error: bad luck' in table
    started.clear()
    started += ['bad3', 'bad3']
    rows = run_sweep(plan, tmp_path, say=said.append)
    assert started == ['bad3'] * 3
    assert [row.status for row in rows] == ['done'] * 3


def test_sweep__not_again_when_all_fail(tmp_path, started):
    run_sweep(plan_of('bad8', 'bad9'), tmp_path)
    assert started == ['bad8', 'bad9']


def test_sweep__seeds(tmp_path, started):
    step = 'yolo -v {value} {seed}'
    run_sweep(plan_of('1', step=step, seeds=[0, 1]), tmp_path)
    rows = run_sweep(plan_of('1', step=step, seeds=[1, 2]), tmp_path)
    assert len(started) == 3
    assert [row.seed for row in rows] == [1, 2]
    assert [row.seed for row in rows_of(tmp_path)] == [0, 1, 2]


def test_sweep__another_one_in_the_folder_is_refused(tmp_path, started):
    run_sweep(plan_of('1'), tmp_path)
    with pytest.raises(SweepError, match=r'another sweep: steps was.*--out'):
        run_sweep(plan_of('1', step='yolo -v {value} -w'), tmp_path)
    other = make_plan('b.key', ['1'], ['yolo -v {value}'])
    with pytest.raises(SweepError, match='key was'):
        run_sweep(other, tmp_path)


def test_sweep__one_at_a_time(tmp_path, started):
    with OutputLock(str(tmp_path), folders=('runs',)):
        with pytest.raises(OSError, match='another sweep is writing'):
            run_sweep(plan_of('1'), tmp_path)
    assert not started


def test_read_plan__other_folders(tmp_path):
    with pytest.raises(SweepError, match='no folder of a sweep'):
        read_plan(tmp_path)
    (tmp_path / 'sweep.json').write_text('{}')
    with pytest.raises(SweepError, match='cannot be read'):
        rows_of(tmp_path)


def row(value, **metrics):
    return SweepRow(value, status='done', metrics=metrics)


def test_draw__all_and_each(tmp_path):
    rows = [row('0', a=1.0, b=2.0), row('0.5', a=2.0, b=1.0)]
    files = draw_results('k', {'x': rows}, tmp_path)
    names = [file.relative_to(tmp_path) for file in files]
    assert names == [
        Path('results.png'),
        Path('plots/a.png'),
        Path('plots/b.png'),
    ]
    widths = [np.asarray(Image.open(file)).shape[1] for file in files]
    assert widths[0] == 2 * widths[1]
    chosen = draw_results('k', {'x': rows}, tmp_path, metrics=['b'])
    assert len(chosen) == 1
    with pytest.raises(ValueError, match='no metric fits'):
        draw_results('k', {'x': rows}, tmp_path, metrics=['c'])
    assert draw_results('k', {'x': [SweepRow('1')]}, tmp_path) == []


def test_write_tables__without_results(tmp_path):
    write_tables('k', [SweepRow('1')], tmp_path)
    assert '* k = 1: open' in (tmp_path / 'results.md').read_text()
