"""Every component that a config names is constructed with its arguments.

An unknown key is a TypeError of the constructor, so a typing mistake in a
config cannot go unnoticed.
"""

import copy
import functools
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from mmssl.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    LOG_PROCESSORS,
    METRICS,
    MODELS,
    PARAM_SCHEDULERS,
    VISUALIZERS,
)

ROOT = Path(__file__).resolve().parents[2] / 'configs'
RUNNABLE = sorted((ROOT / 'cmp').rglob('*.py'))
ATOMS = sorted((ROOT / '_base_' / 'models').glob('*.py'))
each_config = pytest.mark.parametrize('path', RUNNABLE, ids=lambda p: p.stem)


@pytest.fixture(autouse=True)
def no_random_weights(monkeypatch):
    """Weights are not looked at here; drawing them takes most of the time."""
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


@functools.cache
def _facts(text):
    """Build the model of a config's text, once for all that share it."""
    model = MODELS.build(Config.fromstring(text, '.py').model)
    return type(model).__name__, model.decoder.out_channels


@each_config
def test_config__model_builds(path):
    cfg = Config.fromfile(path)
    name, channels = _facts(Config(dict(model=cfg.model)).pretty_text)
    assert name == cfg.model.type
    assert channels == cfg.model.head.in_channels


@each_config
def test_config__data_builds(path, tmp_path):
    cfg = Config.fromfile(path)
    for stage in ('train', 'val', 'test'):
        loader = copy.deepcopy(cfg[f'{stage}_dataloader'])
        loader.dataset.lazy_init = True
        dataset = DATASETS.build(loader.dataset)
        steps = [type(t).__name__ for t in dataset.pipeline.transforms]
        assert steps == [t.type for t in loader.dataset.pipeline]
        sampler = DATA_SAMPLERS.build(
            loader.sampler, default_args=dict(dataset=range(7), seed=0)
        )
        assert 0 <= next(iter(sampler)) < 7
        unknown = set(loader) - {
            'batch_size',
            'collate_fn',
            'dataset',
            'num_workers',
            'persistent_workers',
            'sampler',
        }
        assert not unknown


@each_config
def test_config__everything_else_builds(path, tmp_path):
    cfg = Config.fromfile(path)
    weight = torch.nn.Linear(2, 2)
    optim = build_optim_wrapper(weight, copy.deepcopy(cfg.optim_wrapper))
    for scheduler in cfg.param_scheduler:
        PARAM_SCHEDULERS.build(
            scheduler, default_args=dict(optimizer=optim.optimizer)
        )
    for hook in cfg.default_hooks.values():
        HOOKS.build(hook)
    for stage in ('val', 'test'):
        METRICS.build(cfg[f'{stage}_evaluator'])
    LOG_PROCESSORS.build(cfg.log_processor)
    visualizer = dict(cfg.visualizer, save_dir=str(tmp_path), name=path.stem)
    VISUALIZERS.build(visualizer)


def test_config__an_unknown_key_is_an_error():
    cfg = Config.fromfile(ROOT / 'cmp' / 'cmp_r18_cpu-demo.py')
    cfg.model.decoder.poools = (1, 2)
    with pytest.raises(TypeError, match='poools'):
        MODELS.build(cfg.model)


@pytest.mark.downstream
@pytest.mark.parametrize('path', ATOMS, ids=lambda p: p.stem)
def test_model_atom__scoped_types_work_from_another_project(path):
    # As from a config of mmdet: every type with its scope.
    def scoped(node):
        if isinstance(node, dict):
            node = {key: scoped(value) for key, value in node.items()}
            if 'type' in node:
                own = node['type'] not in ('ResNet', 'GN')
                scope = 'mmssl' if own else 'mmpretrain'
                node['type'] = f'{scope}.{node["type"]}'
        return node

    project = pytest.importorskip('mmdet.registry')
    cfg = scoped(Config.fromfile(path).model.to_dict())
    model = project.MODELS.build(cfg)
    assert type(model).__name__ == 'CMP'
