"""Units to workers, and what becomes of their failures."""

import pytest

from mmssl.flow.workers import Reply
from mmssl.worlds.layout import WorldFile
from mmssl.worlds.program import program_digest
from mmssl.worlds.staging import Stage
from mmssl.worlds.world_run import WorldRun


class ScriptedPool:
    """A worker that gives the replies it was told to."""

    workers = (0,)

    def __init__(self, replies):
        self.tasks, self.replies = [], list(replies)

    def send(self, worker, task):
        self.tasks.append(task)

    def wait(self):
        return [self.replies.pop(0)]


@pytest.fixture
def run(tmp_path, tiny_settings):
    world = WorldFile(tiny_settings.to_json())
    return WorldRun(str(tmp_path), tiny_settings, world, ['people'], None)


@pytest.mark.parametrize(
    ('reply', 'kind', 'message'),
    [
        (Reply(0, 'died', 'its process ended with -9'), OSError, 'goes on'),
        (Reply(0, 'failed', 'disk full', True), OSError, 'disk full'),
        (Reply(0, 'failed', 'KeyError: 1'), RuntimeError, 'KeyError: 1'),
    ],
)
def test_drive__failures_name_part_and_items(run, reply, kind, message):
    with pytest.raises(kind, match=f'part people, items from 0: .*{message}'):
        run.drive(ScriptedPool([reply]))


def test_drive__records_that_are_gone(run):
    """Workers said that they were done, but nothing is there."""
    pool = ScriptedPool([Reply(0, 'done', 8), Reply(0, 'done', 8)])
    with pytest.raises(OSError, match='records are gone; remove this folder'):
        run.drive(pool)
    assert [task.unit for task in pool.tasks] == [0, 1]


def test_drive__finished_units_are_not_given_out(tmp_path, tiny_settings):
    stage = Stage(str(tmp_path), 'people')
    stage.begin(program_digest())
    stage.write(0, [{}] * 8)
    world = WorldFile(tiny_settings.to_json())
    run = WorldRun(str(tmp_path), tiny_settings, world, ['people'], None)
    pool = ScriptedPool([Reply(0, 'failed', 'stop')])
    with pytest.raises(RuntimeError, match='stop'):
        run.drive(pool)
    assert [task.unit for task in pool.tasks] == [1]
    assert run.resumed == 8


def test_drive__a_part_that_was_being_placed_is_placed(
    tmp_path, tiny_settings
):
    """All was written when the last run was killed: nothing is drawn."""
    stage = Stage(str(tmp_path), 'people')
    stage.write(0, [{}] * 8)
    stage.write(1, [{}] * 8)
    (stage.folder / 'people').mkdir()
    (stage.folder / 'placing').touch()
    world = WorldFile(tiny_settings.to_json())
    run = WorldRun(str(tmp_path), tiny_settings, world, ['people'], None)
    pool = ScriptedPool([])
    run.drive(pool)
    assert pool.tasks == []
    assert world.parts == {'people': tiny_settings.counts['people']}
    assert (tmp_path / 'people').is_dir()
    assert not stage.folder.exists()
    assert run.resumed == 16
