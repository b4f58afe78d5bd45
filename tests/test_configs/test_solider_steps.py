"""Data, networks and optimiser of every DINO and SOLIDER config fit.

Each kind of data makes a batch of toy people, views made small; each kind of
model and optimiser takes a step on one, its networks made small.
"""

import copy
import functools
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

FOLDER = Path(__file__).resolve().parents[2] / 'configs'
PATHS = sorted(
    path
    for name in ('dino', 'solider')
    for path in (FOLDER / name).rglob('*.py')
)
SIZE = 192  # of the longer side of a large view: its last map has 6 x 3 cells

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp('images')
    # 192 x 64 px are cut out of photos with a person in the middle
    sizes = ((220, 100), (200, 80))
    return make_toy_images(folder, n=4, size=sizes, classes=2)


@functools.cache
def _load(path):
    return Config.fromfile(path)


def _kinds(*keys):
    """Return a test parameter for each different value of the keys."""
    found = {}
    for path in reversed(PATHS):
        cfg = _load(path)
        found[str([cfg[key] for key in keys])] = path
    return sorted(found.values())


def _batch(cfg):
    """Make a batch of the config's own data, collated as in a worker."""
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    samples = [dataset[i] for i in range(len(dataset))]
    views = zip(*(sample['inputs'] for sample in samples))
    return dict(
        inputs=[torch_collate(list(view)) for view in views],
        data_samples=[sample['data_samples'] for sample in samples],
    )


@pytest.mark.parametrize(
    'path', _kinds('train_dataloader'), ids=lambda p: p.stem
)
def test_data__large_views_first_then_small_ones(path, images, tmp_path):
    pipeline = _load(path).train_dataloader.dataset.pipeline
    full = next(step for step in pipeline if 'views' in step)
    counts = dict(enumerate(full.num_views))
    cfg = shrink_config(_load(path), images, tmp_path, size=SIZE)
    shapes = [tuple(v.shape) for v in _batch(cfg)['inputs']]
    large, small = shapes[0], shapes[-1]
    assert shapes == [large] * 2 + [small] * counts.get(2, 0)
    assert max(large) == SIZE
    first = full.views[0][0]
    height, width = (
        (first.size,) * 2 if isinstance(first.size, int) else first.size
    )
    assert large == (4, 3, SIZE, round(SIZE * width / height))
    if 2 in counts:
        assert small[2] in (SIZE // 2, round(SIZE * 96 / 224))
    middle = sum(first.ratio) / 2
    assert first.ratio[0] <= width / height <= first.ratio[1]
    if 'photos' in path.stem:  # narrower than the view, on purpose
        middle *= 1.25
    assert middle == pytest.approx(width / height, rel=0.05)


def _small(cfg):
    """Make the networks small; what they are made of stays."""
    cfg = copy.deepcopy(cfg)
    model = cfg.model
    backbone = model.backbone
    if 'Swin' in backbone.type:
        width = 64
        stages = len(backbone.get('strides', (4, 2, 2, 2)))
        backbone.arch = dict(
            embed_dims=width // 2 ** (stages - 1),
            depths=[1, 1, 2, 1][:stages],
            num_heads=[1, 2, 2, 4][:stages],
        )
    elif 'Vision' in backbone.type:
        width = 32
        backbone.arch = dict(
            embed_dims=32, num_layers=4, num_heads=2, feedforward_channels=64
        )
    else:
        width = 256
        backbone.update(stem_channels=8, base_channels=8)
    model.neck.update(
        in_channels=width,
        hid_channels=32,
        bottleneck_channels=16,
        num_prototypes=64,
    )
    model.head.num_prototypes = 64
    if 'semantic_head' in model:
        model.semantic_head.in_channels = width
        # Toys on an untrained network: pictures are to count. Of the ViT's
        # cells, too few stand out.
        model.part_labels.min_foreground = 0.0
        if 'Vision' in backbone.type:
            model.part_labels.foreground = False
    return cfg


def _model_and_wrapper(cfg):
    """Build both; mixed precision wants a GPU."""
    if cfg.optim_wrapper.type == 'AmpOptimWrapper':
        cfg.optim_wrapper.type = 'OptimWrapper'
        del cfg.optim_wrapper.loss_scale
    cfg.optim_wrapper.accumulative_counts = 1
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(cfg.model)
        model.init_weights()
        return model.train(), build_optim_wrapper(model, cfg.optim_wrapper)


@pytest.mark.parametrize(
    'path', _kinds('model', 'optim_wrapper'), ids=lambda p: p.stem
)
def test_kind__one_step_moves_every_parameter(path, images, tmp_path):
    cfg = shrink_config(_load(path), images, tmp_path, size=SIZE)
    cfg = _small(cfg)
    model, wrapper = _model_and_wrapper(cfg)
    batch = model.data_preprocessor(_batch(cfg), True)
    params = [
        p for group in wrapper.optimizer.param_groups for p in group['params']
    ]
    names = {p: name for name, p in model.named_parameters()}
    before = {name: p.detach().clone() for p, name in names.items()}
    torch.manual_seed(3)  # draws both lambdas
    with wrapper.optim_context(model):
        loss, logged = model.parse_losses(model(**batch, mode='loss'))
    assert all(torch.isfinite(value).all() for value in logged.values())
    wrapper.backward(loss)
    # DDP stops at parameters without gradient.
    assert [names[p] for p in params if p.grad is None] == []
    largest = {names[p]: p.grad.abs().max() for p in params}
    wrapper.step()
    norms = [p.grad.norm() for p in params]
    limit = (cfg.optim_wrapper.clip_grad or {}).get('max_norm', float('inf'))
    assert all(norm <= limit * 1.0001 for norm in norms)
    moved = {n for p, n in names.items() if not torch.equal(p, before[n])}
    assert {n for n, size in largest.items() if size > 1e-6} <= moved
    assert not moved - {names[p] for p in params}
    centre = model.head.center.clone()
    model.update_teacher(0.5)
    changes = model.head.center_momentum < 1
    assert torch.equal(model.head.center, centre) is not changes
    if 'semantic_head' in cfg.model:
        learns = cfg.model.train_semantic_head
        assert any(n.startswith('semantic_head.') for n in moved) is learns
        assert logged['loss_semantic'].item() > 0, logged
