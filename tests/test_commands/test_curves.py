import json

import numpy as np
import pytest
from PIL import Image

from mmssl.cli import run_command
from mmssl.evaluation.scalar_log import read_curves
from mmssl.visualization.curves import draw_curves, draw_runs


@pytest.fixture
def work_dir(tmp_path):
    log = tmp_path / '20260101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    records = [dict(loss=3.0 - n, lr=0.1, iter=n, step=n) for n in range(1, 3)]
    log.write_text('\n'.join(map(json.dumps, records)) + '\n')
    return tmp_path


def run(*args):
    return run_command('curves', [str(arg) for arg in args])


def test_plot_curves__writes_the_picture_into_the_work_dir(work_dir, capsys):
    assert run(work_dir, '--keys', 'loss', 'lr') == 0
    written = np.asarray(Image.open(work_dir / 'curves.png'))
    expected = draw_curves(read_curves(work_dir), ['loss', 'lr'])
    np.testing.assert_array_equal(written, expected)
    assert 'curves.png' in capsys.readouterr().out


def test_plot_curves__output_in_a_new_folder(work_dir):
    output = work_dir / 'new/plot.png'
    log = next(work_dir.rglob('scalars.json'))
    assert run(log, '--output', output, '--title', 'a run') == 0
    assert Image.open(output).size[0] > 300


def test_plot_curves__unknown_key(work_dir, capsys):
    assert run(work_dir, '--keys', 'flow/EPE') == 1
    message = capsys.readouterr().err
    assert message.startswith('error: ')
    assert "there are: ['loss', 'lr']" in message


def test_plot_curves__several_runs(work_dir, tmp_path_factory, capsys):
    other = tmp_path_factory.mktemp('other')
    log = other / '20260101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('{"loss": 1.0, "step": 1}\n{"loss": 2.0, "step": 2}\n')
    assert run(work_dir, log, '--keys', 'loss') == 0
    written = np.asarray(Image.open(work_dir / 'curves.png'))
    runs = {p.name: read_curves(p) for p in (work_dir, other)}
    np.testing.assert_array_equal(written, draw_runs(runs, ['loss']))
    assert run(work_dir, other, '--keys', 'lr') == 1
    assert f'error: {other.name}: no curve' in capsys.readouterr().err
    assert run(work_dir, work_dir) == 1
    assert 'two runs have one name' in capsys.readouterr().err
