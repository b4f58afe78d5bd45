"""Data, networks and optimiser of every SCRL config fit each other.

Each config's own pipeline makes a batch of toy images, views made small; each
kind of model and optimiser takes a step on one.
"""

import functools
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch.utils.data import default_collate as torch_collate

from mmssl.registry import DATASETS, MODELS
from mmssl.testing.configs import shrink_config
from mmssl.testing.toy_images import make_toy_images

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'scrl'
PATHS = sorted(FOLDER.rglob('*.py'))
SIZE = 64

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp('images')
    return make_toy_images(folder, n=4, size=((90, 120), (120, 90)), classes=2)


@functools.cache
def _load(path):
    return Config.fromfile(path)


def _small(path, images, work_dir):
    return shrink_config(_load(path), images, work_dir, size=SIZE)


def _batch(cfg):
    """Make a batch of the config's own data, collated as in a worker."""
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    samples = [dataset[i] for i in range(len(dataset))]
    views = zip(*(sample['inputs'] for sample in samples))
    return dict(
        inputs=[torch_collate(list(view)) for view in views],
        data_samples=[sample['data_samples'] for sample in samples],
    )


@pytest.mark.parametrize('path', PATHS, ids=lambda p: p.stem)
def test_config__data_has_what_the_model_takes(path, images, tmp_path):
    cfg = _small(path, images, tmp_path)
    batch = _batch(cfg)
    views = 3 if 'views-3' in path.stem else 2
    assert [v.shape for v in batch['inputs']] == [(4, 3, SIZE, SIZE)] * views
    samples = batch['data_samples']
    whole = cfg.model.region.type == 'GlobalRegions'
    assert {'boxes' in sample for sample in samples} == {not whole}
    if cfg.model.get('online_probe'):
        assert sorted(int(s.gt_label) for s in samples) == [0, 0, 1, 1]
    if whole:
        return
    (step,) = (
        t
        for t in cfg.train_dataloader.dataset.pipeline
        if t.type == 'SampleBoxPairs'
    )
    pairs = views * (views - 1) // 2
    counts = {len(sample.boxes) for sample in samples}
    # none of a pair of views without a common region
    assert counts <= {step.num_boxes * n for n in range(pairs + 1)}
    boxes = torch.cat([sample.boxes for sample in samples])
    assert len(boxes)
    assert boxes.min() >= 0
    assert boxes.max() <= SIZE


def _kind(path):
    """Return what decides about a step: networks, optimiser and groups."""
    cfg = _load(path)
    wrapper = cfg.optim_wrapper
    parts = (cfg.model, wrapper.optimizer.type, wrapper.paramwise_cfg)
    return json.dumps(parts, sort_keys=True)


KINDS = sorted({_kind(path): path for path in reversed(PATHS)}.values())


@pytest.mark.parametrize('path', KINDS, ids=lambda p: p.stem)
def test_kind__one_step_moves_every_parameter(path, images, tmp_path):
    cfg = _small(path, images, tmp_path)
    if cfg.optim_wrapper.type == 'AmpOptimWrapper':  # wants a GPU
        cfg.optim_wrapper.type = 'OptimWrapper'
        del cfg.optim_wrapper.loss_scale
    cfg.optim_wrapper.accumulative_counts = 1
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(cfg.model)
        model.init_weights()
        wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    model.train()
    batch = model.data_preprocessor(_batch(cfg), True)
    losses = model(**batch, mode='loss')
    loss, logged = model.parse_losses(losses)
    assert all(torch.isfinite(value).all() for value in logged.values())
    groups = wrapper.optimizer.param_groups
    params = [p for group in groups for p in group['params']]
    before = [p.detach().clone() for p in params]
    loss.backward()
    names = {p: name for name, p in model.named_parameters()}
    # DDP stops at parameters without gradient.
    assert [names[p] for p in params if p.grad is None] == []
    wrapper.step()
    still = [
        names[p]
        for p, was in zip(params, before)
        if torch.equal(p, was) and p.grad.abs().max() > 1e-6
    ]
    assert still == []
    assert not any(names[p].startswith('teacher.') for p in params)
