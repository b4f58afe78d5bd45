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
from mmengine.registry import DefaultScope

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
from mmssl.testing.configs import is_task

ROOT = Path(__file__).resolve().parents[2] / 'configs'
RUNNABLE = sorted(
    path
    for path in ROOT.rglob('*.py')
    if '_base_' not in path.parts and not is_task(path.relative_to(ROOT))
)
STAGES = ('train', 'val', 'test')
ATOMS = sorted((ROOT / '_base_' / 'models').glob('*.py'))
SCRL = [path for path in RUNNABLE if 'scrl' in path.parts]
MULTICROP = [
    path for path in RUNNABLE if {'dino', 'solider'} & set(path.parts)
]


def _parameters(paths):
    """Build large models, and those of ablations, in the full suite alone."""
    slow = {
        *(path for path in SCRL if 'ablations' in path.parts),
        *(path for path in MULTICROP if 'cpu-demo' not in path.stem),
    }
    return [
        pytest.param(
            path, id=path.stem, marks=[pytest.mark.slow] * (path in slow)
        )
        for path in paths
    ]


@functools.cache
def _load(path):
    return Config.fromfile(path)


each_config = pytest.mark.parametrize(
    'path',
    [
        pytest.param(
            path,
            id=path.stem,
            marks=[pytest.mark.slow]
            * (path in MULTICROP and 'ablations' in path.parts),
        )
        for path in RUNNABLE
    ],
)


@pytest.fixture(autouse=True)
def no_random_weights(monkeypatch):
    """Weights are not looked at here; drawing them takes most of the time."""
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


def _model(path):
    """Build a config's model."""
    model = copy.deepcopy(_load(path).model.to_dict())
    for part in (model, *model.values()):  # reads no checkpoint
        if isinstance(part, dict):
            part.pop('init_cfg', None)
    return MODELS.build(model)


BUILT = set()  # many configs differ in other things alone


@pytest.mark.parametrize('path', _parameters(RUNNABLE))
def test_config__model_builds(path):
    cfg = _load(path)
    if str(cfg.model) in BUILT:
        return
    model = _model(path)
    BUILT.add(str(cfg.model))
    assert type(model).__name__ == cfg.model.type
    if cfg.model.type == 'CMP':
        assert model.decoder.out_channels == cfg.model.head.in_channels


@pytest.mark.parametrize('path', _parameters(SCRL))
def test_scrl__widths_of_regions_projector_and_predictor_agree(path):
    cfg = _load(path)
    model = _model(path)
    backbone = cfg.model.backbone
    with torch.no_grad():
        maps = model.eval().backbone(torch.zeros(1, 3, 64, 64))
        if isinstance(maps, torch.Tensor):
            maps = (maps,)
        boxes = torch.tensor([[0.0, 0.0, 0.0, 40.0, 48.0]])
        region = model.region(maps, boxes, (64, 64))
    assert region.shape == (1, cfg.model.neck.in_channels)
    width = cfg.model.neck.out_channels
    predictor = cfg.model.head.get('predictor')
    if predictor is not None:
        assert predictor.in_channels == predictor.out_channels == width
    # RoIs are read at the stride that the map has.
    stride = cfg.model.region.get('stride')
    if stride is not None:
        assert maps[-1].shape[-1] == 64 // stride
        assert backbone.type in ('ResNet', 'SwinTransformer')
    names = {name.split('.')[0] for name, _ in model.named_parameters()}
    assert {'backbone', 'neck', 'teacher'} <= names
    assert ('online_probe' in names) is bool(cfg.model.get('online_probe'))


@each_config
def test_config__data_builds(path):
    cfg = _load(path)
    for stage in STAGES:
        loader = copy.deepcopy(cfg[f'{stage}_dataloader'])
        if loader is None:  # nothing to validate without labels
            assert stage != 'train'
            continue
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
            'drop_last',
            'num_workers',
            'persistent_workers',
            'sampler',
        }
        assert not unknown


def _optimizer(cfg):
    """Build the optimiser, of a small model that has a place for it all."""
    model = torch.nn.Module()
    model.backbone = torch.nn.Module()
    model.backbone.conv1 = torch.nn.Linear(2, 2)
    wrapper = copy.deepcopy(cfg.optim_wrapper)
    if wrapper.get('type') == 'AmpOptimWrapper':  # wants a GPU
        wrapper.type = 'OptimWrapper'
        assert wrapper.pop('loss_scale') == 'dynamic'
    return build_optim_wrapper(model, wrapper)


@each_config
def test_config__everything_else_builds(path, tmp_path):
    cfg = _load(path)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        optim = _optimizer(cfg)
    length = cfg.train_cfg.get('max_epochs', cfg.train_cfg.get('max_iters'))
    for scheduler in cfg.param_scheduler:
        PARAM_SCHEDULERS.build(
            {'end': length, **scheduler},
            default_args=dict(optimizer=optim.optimizer, epoch_length=5),
        )
    for hook in (*cfg.default_hooks.values(), *cfg.custom_hooks):
        hook = copy.deepcopy(hook)
        for probe in hook.get('probes', ()):
            _check_loader(probe.pop('loader'))
            probe.loader = torch.utils.data.DataLoader(range(3))
        HOOKS.build(hook)
    for stage in ('val', 'test'):
        if cfg[f'{stage}_evaluator'] is not None:
            METRICS.build(cfg[f'{stage}_evaluator'])
    LOG_PROCESSORS.build(cfg.log_processor)
    visualizer = dict(cfg.visualizer, save_dir=str(tmp_path), name=path.stem)
    VISUALIZERS.build(visualizer)


def _check_loader(loader):
    """Build the dataset of a probe without its files."""
    dataset = DATASETS.build({**loader.dataset, 'lazy_init': True})
    steps = [type(t).__name__ for t in dataset.pipeline.transforms]
    assert steps == [t.type for t in loader.dataset.pipeline]
    assert set(loader) == {'batch_size', 'num_workers', 'dataset'}


def test_config__an_unknown_key_is_an_error():
    cfg = Config.fromfile(ROOT / 'cmp' / 'cmp_r18_cpu-demo.py')
    cfg.model.decoder.poools = (1, 2)
    with pytest.raises(TypeError, match='poools'):
        MODELS.build(cfg.model)


HOST_TYPES = ('ResNet', 'GN', 'BN1d', 'SwinTransformer', 'VisionTransformer')


@pytest.mark.downstream
@pytest.mark.parametrize('path', ATOMS, ids=lambda p: p.stem)
def test_model_atom__scoped_types_work_from_another_project(path):
    # As from a config of mmdet: every type with its scope.
    def scoped(node):
        if isinstance(node, dict):
            node = {key: scoped(value) for key, value in node.items()}
            if 'type' in node:
                own = node['type'] not in HOST_TYPES
                scope = 'mmssl' if own else 'mmpretrain'
                if node['type'] != 'BN1d' and '.' not in node['type']:
                    node['type'] = f'{scope}.{node["type"]}'
        return node

    project = pytest.importorskip('mmdet.registry')
    config = Config.fromfile(path)
    cfg = scoped(config.model.to_dict())
    for part in cfg.values():  # reads no checkpoint
        if isinstance(part, dict):
            part.pop('init_cfg', None)
    model = project.MODELS.build(cfg)
    assert type(model).__name__ == config.model.type
