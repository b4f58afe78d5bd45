"""The study runs configs and tasks that there are, in order, once."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def study(monkeypatch, tmp_path):
    """The tool, in a folder of its own; its commands are written down."""
    path = ROOT / 'tools' / 'study.py'
    spec = importlib.util.spec_from_file_location('study', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    monkeypatch.chdir(tmp_path)
    module.commands = []

    def run(*command):
        module.commands.append(command)
        if command[0] == 'tools/train.py':
            work = tmp_path / 'work_dirs' / Path(command[1]).stem
            work.mkdir(parents=True)
            (work / 'last_checkpoint').write_text(f'{work}/last.pth')

    monkeypatch.setattr(module, 'run', run)
    return module


def test_configs_and_tasks__are_there(study):
    from mmssl.downstream.tasks import find_task

    for config in study.CONFIGS.values():
        assert (ROOT / 'configs' / config).is_file()
    for kind, (tasks, _) in study.TASKS.items():
        for task in tasks:
            assert find_task(task, study.WORLD[kind]).name == task


def test_main__trains_each_method_and_judges_all_at_once(study, tmp_path):
    (tmp_path / 'data' / 'people').mkdir(parents=True)
    (tmp_path / 'data' / 'puppets').mkdir()
    (tmp_path / 'data' / 'puppets' / 'world.json').write_text('{}')
    study.main(['--seeds', '2', '--methods', 'cmp', 'dino'])
    tools = [Path(words[0]).name for words in study.commands]
    assert tools == [
        *('puppets.py', 'train.py', 'train.py', 'test.py'),
        *('benchmark.py', 'benchmark.py', 'results_page.py'),
    ]
    for words in study.commands[4:6]:
        assert [w.split('=')[0] for w in words[1:3]] == ['cmp', 'dino']
        assert {'--random', '--seeds=2'} <= set(words)
    assert '--world=puppets' in study.commands[4]
    assert '--world=photos' in study.commands[5]
