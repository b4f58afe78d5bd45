"""The arguments; test_tools/test_misc/test_replay.py replays real dumps."""

from types import SimpleNamespace

import pytest

from mmssl.cli import run_command
from mmssl.engine import batch_statistics, replay, replay_report


@pytest.fixture
def asked(monkeypatch):
    """Note what would be replayed; it is reproduced at the first time."""
    calls = []

    def replay_step(dump, rank, **options):
        calls.append((dump, rank, options))
        return SimpleNamespace(batches=[], reproduced=len(calls) == 1)

    monkeypatch.setattr(replay, 'replay_step', replay_step)
    monkeypatch.setattr(replay_report, 'report', lambda result: 'told')
    monkeypatch.setattr(batch_statistics, 'batch_picture', lambda _: None)
    return calls


def test_arguments__arrive_and_the_status_tells_whether_reproduced(
    asked, capsys
):
    assert run_command('replay', ['dump']) == 0
    options = ['--rank', '1', '--device', 'cpu', '--detect-anomaly', '--trust']
    assert run_command('replay', ['dump', *options]) == 1
    plain = dict(device=None, detect_anomaly=False, trust=False)
    all_of_them = dict(device='cpu', detect_anomaly=True, trust=True)
    assert asked == [('dump', None, plain), ('dump', 1, all_of_them)]
    assert capsys.readouterr().out == 'told\ntold\n'


def test_users_mistakes__one_line(tmp_path, capsys):
    assert run_command('replay', [str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith('error: ')
