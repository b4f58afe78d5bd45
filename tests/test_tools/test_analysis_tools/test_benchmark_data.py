"""The benchmark of the input pipeline runs and counts what it says."""

import importlib.util
import sys
from pathlib import Path

import pytest

from mmssl.datasets import FlowPairDataset

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / 'tools' / 'analysis_tools' / 'benchmark_data.py'


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('benchmark_data', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_main__pipeline_of_the_published_settings(tool, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['benchmark_data.py', '--samples', '2'])
    tool.main()
    shown = capsys.readouterr().out.splitlines()
    names = [line.split('  ')[0] for line in shown[1:-1]]
    steps = [f'{i} {s["type"]}' for i, s in enumerate(tool.PUBLISHED_PIPELINE)]
    assert names == ['get sample', *steps, 'all']
    assert 'median of 2 samples' in shown[-1]


def test_write_lines__are_a_valid_list(tool, tmp_path):
    tool.write_lines(tmp_path / 'l.txt', 150)
    data = FlowPairDataset(str(tmp_path / 'l.txt'))
    assert len(data) == 150
    assert data.get_data_info(149)['img_path'].endswith('000001/00049.jpg')


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='PSS is from /proc')
def test_main__list_of_lines(tool, tmp_path, capsys):
    tool.write_lines(tmp_path / 'l.txt', 1000)
    start, kids, both, read = tool.measure_list(
        tmp_path / 'l.txt', workers=2, method='fork'
    )
    assert start < 10
    assert 0 < kids < both
    assert read == 64 * 50 * 2
