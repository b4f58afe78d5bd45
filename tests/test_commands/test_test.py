"""The command line of mmssl test, and the file of metrics."""

from __future__ import annotations

import json

import pytest

from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.cli import run_command
from mmssl.engine import launch

METRICS = {'flow/EPE': 1.5}


@pytest.fixture
def call(monkeypatch):
    """Run the tool with a stand-in for the library's function."""
    monkeypatch.setenv('LOCAL_RANK', '0')
    calls = []

    def call(*arguments, error=None):
        def evaluate(config, checkpoint, **options):
            calls.append((config, checkpoint, options))
            if error is not None:
                raise error
            return METRICS

        monkeypatch.setattr(launch, 'evaluate', evaluate)
        status = run_command('test', arguments)
        return status if error else (status, *calls[-1])

    return call


def test_arguments__arrive(call):
    plain = dict(work_dir=None, cfg_options=None, launcher='none')
    assert call('c.py', 'a.pth') == (0, 'c.py', 'a.pth', plain)
    got = call(
        *('c.py', 'a.pth', '--work-dir', 'w', '--launcher', 'mpi'),
        *('--local-rank', '1', '--cfg-options', 'x=1'),
    )
    assert got[3] == dict(work_dir='w', cfg_options={'x': 1}, launcher='mpi')


@pytest.mark.parametrize(('rank', 'written'), [('0', True), ('1', False)])
def test_out__is_written_by_the_first_process(
    call, tmp_path, monkeypatch, rank, written
):
    monkeypatch.setenv('RANK', rank)
    out = tmp_path / 'metrics.json'
    call('c.py', 'a.pth', '--out', str(out))
    assert out.is_file() is written
    if written:
        assert json.loads(out.read_text()) == METRICS


@pytest.mark.parametrize(
    'error', [CheckpointMismatch('too little'), FileNotFoundError('gone')]
)
def test_users_mistakes__one_line_no_traceback(call, error, capsys):
    assert call('c.py', 'a.pth', error=error) == 1
    assert capsys.readouterr().err == f'error: {error}\n'
