import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'analysis_tools' / 'benchmark_clustering.py'
    spec = importlib.util.spec_from_file_location('benchmark_clustering', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(tool, monkeypatch, capsys, *arguments):
    given = ['benchmark_clustering.py', '--rounds', '1', *arguments]
    monkeypatch.setattr(sys, 'argv', given)
    tool.main()
    lines = capsys.readouterr().out.splitlines()
    return [line.split() for line in lines]


def test_main__bodies_are_labelled_as_they_were_made(
    tool, monkeypatch, capsys
):
    rows = rows_of(
        tool,
        *(monkeypatch, capsys, '--maps', '6', '--hw', '12', '4'),
        *('--channels', '64', '--parts', '4'),
    )
    assert rows[0][:4] == ['6', 'maps', 'of', '12x4x64,']
    mine = {row[0]: row[2:] for row in rows if 'mmssl' in row}
    assert float(mine['random'][0]) > 0
    assert mine['bodies'][3] == '100.0%'


def test_main__beside_scikit_learn(tool, monkeypatch, capsys):
    pytest.importorskip('sklearn')
    rows = rows_of(tool, monkeypatch, capsys, '--maps', '4')
    theirs = {row[0]: row[2:] for row in rows if 'scikit-learn' in row}
    assert theirs['bodies'][3] == '100.0%'
