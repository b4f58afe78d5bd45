"""Tasks of the benchmark that are probes: built, and run on a tiny world."""

from pathlib import Path

import pytest
from mmengine.config import Config

from mmssl.downstream.tasks import find_tasks
from mmssl.probes.benchmark_probe import run_probe
from mmssl.registry import TASK_UTILS
from mmssl.worlds.generation import generate_world
from mmssl.worlds.world_settings import settings_of

ROOT = Path(__file__).resolve().parents[2] / 'configs'
PROBES = sorted(ROOT.glob('*/probes/*.py'))
NET = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)
NAMES = {
    'photos': [
        *('keypoints-linear', 'parsing-knn', 'parsing-linear'),
        'regions-linear',
    ],
    'puppets': [
        *('identity-knn', 'keypoints-linear', 'parsing-knn'),
        *('parsing-linear', 'regions-linear'),
    ],
}


@pytest.mark.parametrize('path', PROBES, ids=lambda path: path.stem)
def test_config__builds_its_probe_in_15_lines(path):
    lines = [
        line
        for line in path.read_text().splitlines()
        if line.strip() and not line.lstrip().startswith('#')
    ]
    assert len(lines) <= 15
    config = Config.fromfile(path)
    probe = TASK_UTILS.build(dict(config.probe))
    assert config.benchmark.metric.startswith(f'{probe.name}_')
    judged, bank = config.probe.loader, config.probe.bank_loader
    # What is judged is never what is fitted on; its views are the same.
    places = [
        [part.dataset.get(key) for key in ('img_root', 'data_prefix')]
        + [part.dataset.get('indices')]
        for part in (judged, bank)
    ]
    assert places[0] != places[1]
    assert judged.dataset.pipeline == bank.dataset.pipeline
    assert judged.dataset.test_mode
    assert bank.dataset.test_mode


@pytest.mark.parametrize('world', sorted(NAMES))
def test_names__are_tasks_of_the_benchmark(world):
    tasks = find_tasks(world)
    for name in NAMES[world]:
        assert f'{world}/probes/{name}' in tasks[name].config
        assert tasks[name].metric
        assert tasks[name].title != name


def test_photos__of_people_have_other_judged_ones():
    config = Config.fromfile(ROOT / 'photos/probes/parsing-linear_people.py')
    judged, bank = (
        set(config.probe[key].dataset.indices)
        for key in ('loader', 'bank_loader')
    )
    assert not judged & bank


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp('world')
    generate_world(
        folder / 'data/puppets',
        settings_of('tiny'),
        ['scenes', 'lip', 'market1501'],
        workers=0,
    )
    return folder


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES['puppets'])
def test_puppets__run_on_a_tiny_world(world, name, monkeypatch):
    monkeypatch.chdir(world)
    config = Config.fromfile(ROOT / f'puppets/probes/{name}_puppets.py')
    found = run_probe(config, NET, seed=0)
    assert 0 <= found[config.benchmark.metric] <= 100
    assert any('colour' in key for key in found)
    if name == 'identity-knn':
        # Of four identities by two cameras, each has a match.
        assert found['identity_knn_queries'] == 8
        assert found['identity_knn_unmatched'] == 0
