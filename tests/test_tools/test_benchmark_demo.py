"""The steps of `make benchmark`, as commands that can be typed."""

import json
import runpy
from pathlib import Path

import pytest

from mmssl.cli import COMMANDS, build_parser, load
from mmssl.commands.puppets import PRESETS
from mmssl.downstream.tasks import find_tasks

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def demo(monkeypatch):
    """Return the demo's functions, which note commands and run none."""
    names = runpy.run_path(str(ROOT / 'tools/benchmark_demo.py'))
    names['ran'] = []

    def note(*command):
        names['ran'].append(command)

    for name in ('make_world', 'pretrain', 'compare'):
        monkeypatch.setitem(names[name].__globals__, 'run', note)
    return names


def parsed(words):
    """Return the arguments as the command itself reads them."""
    script, *rest = words
    assert (ROOT / script).is_file()
    name = Path(script).stem
    assert name in COMMANDS
    return build_parser(load(name)).parse_args(rest)


def test_commands__can_be_typed(demo, tmp_path):
    demo['make_world']('small', tmp_path / 'world')
    demo['pretrain'](tmp_path / 'cmp', 600)
    demo['compare'](tmp_path / 'out', tmp_path / 'cmp', demo['TASKS'], 2)
    world, train, benchmark = (parsed(words) for words in demo['ran'])
    assert world.preset == 'small'
    assert world.preset in PRESETS
    assert (ROOT / train.config).is_file()
    assert train.cfg_options['train_cfg.max_iters'] == 600
    assert train.resume
    assert benchmark.backbones == [f'CMP={tmp_path / "cmp"}', 'random']
    assert benchmark.seeds == ['2']
    assert set(benchmark.tasks) <= set(find_tasks('puppets'))
    # segmentation, detection, pose and identity
    assert len(benchmark.tasks) == 4


def test_config__reads_the_world_that_is_made(demo):
    text = (ROOT / demo['CONFIG']).read_text()
    assert f"'{demo['WORLD']}/flow'" in text


@pytest.mark.parametrize(
    ('preset', 'runs'), [(None, 1), ('small', 1), ('full', 0)]
)
def test_world__one_that_is_there_is_used(
    demo, tmp_path, capsys, preset, runs
):
    if preset:
        text = json.dumps(dict(preset=preset))
        (tmp_path / 'world.json').write_text(text)
    demo['make_world']('small', tmp_path)
    assert len(demo['ran']) == runs
    assert ('of preset full: used' in capsys.readouterr().out) == (runs == 0)
