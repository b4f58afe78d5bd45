"""Jobs that were stopped."""

from __future__ import annotations

import pytest

from mmssl.downstream.unfinished import begun, note_start, remove_checkpoints


@pytest.fixture
def stopped(tmp_path):
    """A folder with the beginning of job 'a'."""
    note_start(tmp_path, 'a')
    (tmp_path / 'epoch_3.pth').write_text('x')
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/epoch_3.pth')
    return tmp_path


def test_same_job__goes_on_also_where_the_folder_was_moved(stopped):
    assert begun(stopped, 'a') == stopped / 'epoch_3.pth'
    note_start(stopped, 'a')
    assert begun(stopped, 'a') == stopped / 'epoch_3.pth'


def test_another_job__begins_anew_and_removes_what_is_there(stopped):
    assert begun(stopped, 'b') is None
    note_start(stopped, 'b')
    assert [p.name for p in stopped.iterdir()] == ['started.json']
    assert begun(stopped, 'a') is None


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('started.json', '{"identity": '),
        ('started.json', '[]'),
        ('last_checkpoint', ''),
        ('last_checkpoint', 'epoch_4.pth'),
    ],
)
def test_same_job__with_half_a_folder_begins_anew(stopped, name, content):
    (stopped / name).write_text(content)
    assert begun(stopped, 'a') is None


def test_remove__checkpoints_alone(stopped):
    (stopped / 'result.json').write_text('x')
    (stopped / 'exports').mkdir()
    (stopped / 'exports' / 'a.pth').write_text('x')
    remove_checkpoints(stopped)
    left = sorted(p.name for p in stopped.iterdir())
    assert left == ['exports', 'result.json']
    remove_checkpoints(stopped)
