"""Changes to configs, and their mistakes in one line."""

from __future__ import annotations

import pytest
from mmengine.config import Config
from mmengine.registry import Registry

from mmssl.engine.config_options import change_config, config_mistake
from mmssl.engine.run_config import LaunchError
from mmssl.registry import MODELS


def config():
    return Config(dict(loop=dict(iters=9), pipeline=[dict(p=0.5), dict()]))


def test_change__dicts_and_places_of_lists():
    cfg = config()
    change_config(cfg, {'loop.iters': 3, 'pipeline.0.p': 1, 'new.key': 'x'})
    assert cfg.loop.iters == 3
    assert cfg.pipeline == [dict(p=1), {}]
    assert cfg.new == dict(key='x')
    change_config(cfg, None)
    assert cfg.loop.iters == 3


@pytest.mark.parametrize(
    ('key', 'said'),
    [
        (
            'pipeline.7.p',
            "pipeline is a list of 2; its places are 0 to 1, got '7'",
        ),
        (
            'pipeline.p',
            "pipeline is a list of 2; its places are 0 to 1, got 'p'",
        ),
        ('loop.iters.x', 'loop.iters is 9'),
    ],
)
def test_change__impossible(key, said):
    with pytest.raises(LaunchError) as caught:
        change_config(config(), {key: 1})
    assert said in str(caught.value)
    assert f'{key}=1' in str(caught.value)


class Part:
    """Takes one argument; its start has a mistake of ours if asked."""

    def __init__(self, size=1):
        if size == 2:
            len(size)
        if size == 3:
            {}['a key of our own']
        if size < 0:
            raise ValueError('size must be >= 0, got -1')


@pytest.fixture(scope='module')
def parts():
    registry = Registry('part')
    registry.register_module(module=Part)
    return registry


def test_change__items_of_lists_by_place():
    cfg = Config(dict(a=dict(steps=[1, 2]), b=[dict(x=1), dict(x=2)]))
    change_config(cfg, {'a.steps.0': 7, 'b.1.x': 8})
    assert cfg.a.steps == [7, 2]
    assert [item.x for item in cfg.b] == [1, 8]
    with pytest.raises(LaunchError, match='a list of 2; its places are 0 to'):
        change_config(cfg, {'a.steps.2': 7})


def raised(registry, **cfg):
    with pytest.raises(Exception) as caught:
        registry.build(cfg)
    return caught.value


def test_mistake__of_the_config(parts):
    said = config_mistake(raised(parts, type='Part', sizze=1))
    assert "unexpected keyword argument 'sizze'" in said
    said = config_mistake(raised(parts, type='Part', size=-1))
    assert said == 'Part in the config: size must be >= 0, got -1'
    said = config_mistake(raised(parts, type='Prat'))
    assert said.startswith('Prat is not in the')
    assert '\n' not in said


def test_mistake__that_a_part_of_the_host_asserts():
    wrong = dict(type='mmpretrain.ResNet', depth=18, out_indices=(9,))
    assert config_mistake(raised(MODELS, **wrong)) == (
        'mmpretrain.ResNet in the config: refused by __init__, '
        'assert max(out_indices) < num_stages'
    )


def test_mistake__of_the_code_stays_a_traceback(parts):
    assert config_mistake(raised(parts, type='Part', size=2)) is None
    assert config_mistake(raised(parts, type='Part', size=3)) is None
    with pytest.raises(TypeError) as caught:
        Part(sizze=1)
    assert config_mistake(caught.value) is None
    assert config_mistake(ValueError('elsewhere')) is None
