"""Names of tasks and the configs that they are."""

from __future__ import annotations

import pytest

from mmssl.downstream import tasks
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.hosts import read_config
from mmssl.downstream.tasks import WORLDS, find_task, find_tasks

TASK = """
slots = dict(last='model.head.in_channels')
benchmark = dict(name='{}', title='A title', metric='mIoU', slots=slots)
raise RuntimeError('a config that is looked for is not run')
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of configs."""
    monkeypatch.setattr(tasks, 'config_root', lambda: tmp_path)
    for name, file in (('pose', 'b/c.py'), ('parsing', 'd.py'), ('x', 'a.py')):
        path = tmp_path / 'puppets' / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TASK.format(name))
    (tmp_path / 'puppets' / 'none.py').write_text('model = dict()\n')
    return tmp_path


def test_find__in_the_order_of_the_names_and_nothing_is_run(root):
    found = find_tasks()
    assert list(found) == ['parsing', 'pose', 'x']
    assert found['pose'].config == 'mmssl::puppets/b/c.py'
    assert (found['pose'].title, found['pose'].metric) == ('A title', 'mIoU')


def test_find__unknown_names_and_worlds_list_the_valid_ones(root):
    with pytest.raises(
        HandOffError, match=r"no task 'poze' of puppets; valid: parsing, pose"
    ):
        find_task('poze')
    with pytest.raises(HandOffError, match=r'no task .* valid: none'):
        find_task('pose', 'photos')
    with pytest.raises(HandOffError, match='downstream, photos, puppets'):
        find_task('pose', 'venus')


def test_find__one_name_twice(root):
    (root / 'puppets' / 'twice.py').write_text(TASK.format('pose'))
    with pytest.raises(HandOffError, match=r'b/c\.py and .*twice\.py'):
        find_tasks()


@pytest.mark.parametrize('world', WORLDS)
def test_shipped__tasks_have_titles(world):
    for task in find_tasks(world).values():
        assert task.title != task.name, task.config


@pytest.mark.parametrize('task', find_tasks().values(), ids=lambda t: t.name)
def test_shipped__puppets_tasks_are_probes_or_have_slots(task):
    config = read_config(task.config, imports=False)
    benchmark = config.benchmark
    assert benchmark.name == task.name
    assert 'probe' in config or benchmark.slots
    assert benchmark.metric


def test_find_task__lambda_of_the_paper():
    assert tasks.find_task('pose', 'downstream').semantic_weight == 0.8
    assert tasks.find_task('pedestrians', 'downstream').semantic_weight == 1
    assert tasks.find_task('detection', 'downstream').semantic_weight is None
