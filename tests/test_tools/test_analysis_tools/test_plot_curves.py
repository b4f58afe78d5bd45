import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmssl.evaluation.scalar_log import read_curves
from mmssl.visualization.curves import draw_curves

TOOL = (
    Path(__file__).resolve().parents[3] / 'tools/analysis_tools/plot_curves.py'
)


@pytest.fixture
def work_dir(tmp_path):
    log = tmp_path / '20260101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    records = [dict(loss=3.0 - n, lr=0.1, iter=n, step=n) for n in range(1, 3)]
    log.write_text('\n'.join(map(json.dumps, records)) + '\n')
    return tmp_path


def run(monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_plot_curves__writes_the_picture_into_the_work_dir(
    work_dir, monkeypatch, capsys
):
    run(monkeypatch, work_dir, '--keys', 'loss', 'lr')
    written = np.asarray(Image.open(work_dir / 'curves.png'))
    expected = draw_curves(read_curves(work_dir), ['loss', 'lr'])
    np.testing.assert_array_equal(written, expected)
    assert 'curves.png' in capsys.readouterr().out


def test_plot_curves__output_in_a_new_folder(work_dir, monkeypatch):
    output = work_dir / 'new/plot.png'
    log = next(work_dir.rglob('scalars.json'))
    run(monkeypatch, log, '--output', output, '--title', 'a run')
    assert Image.open(output).size[0] > 300


def test_plot_curves__unknown_key(work_dir, monkeypatch):
    with pytest.raises(ValueError, match=r"there are: \['loss', 'lr'\]"):
        run(monkeypatch, work_dir, '--keys', 'flow/EPE')
