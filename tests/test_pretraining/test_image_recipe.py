import functools
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

from mmssl.engine.run_config import load_config
from mmssl.pretraining import image_recipe, planning
from mmssl.pretraining.backbones import Backbone
from mmssl.pretraining.batch_trial import OutOfMemory, Trial
from mmssl.pretraining.config_text import parse, render
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.noise import view_noise
from mmssl.pretraining.recipes import Request, find_recipe
from mmssl.registry import MODELS

CPU = Machine(2)
GPU = Machine(16, 1, 'A GPU', 24 * 2**30, bf16=True)
IMAGES = DataFolder('images', Path('/photos'), ('a', 'b'), num_train=10_000)
_find_once = functools.lru_cache(None)(image_recipe.find_backbone)


@pytest.fixture
def trials(monkeypatch):
    """A GPU of which an image takes 200 MiB; a step takes half a second."""
    batches = []

    def step(config, make_batch, batch, device):
        batches.append(make_batch(2))
        if device == 'cuda' and batch > 120:
            raise OutOfMemory
        peak = 200 * 2**20 * batch if device == 'cuda' else 0
        return Trial(batch, 0.5, peak)

    monkeypatch.setattr(planning, 'trial_step', step)
    monkeypatch.setattr(image_recipe, 'find_backbone', _find_once)
    return batches


def plan(method, machine, data=IMAGES, backbone=None, **options):
    request = Request(backbone, Path('/work'), **options)
    made = find_recipe(method).plan(data, request, machine)
    text = render(made.base, made.statements, made.changes)
    return parse(text), {c.name: c for c in made.choices}


def steps_of(config):
    return [step.type for step in config.train_dataloader.dataset.pipeline]


def test_plan__scrl_on_a_cpu(trials):
    config, choices = plan('scrl', CPU)
    base = load_config(image_recipe._CPU_BASE)
    loader = config.train_dataloader
    assert loader.batch_size == base.train_dataloader.batch_size == 64
    assert loader.dataset.data_root == '/photos'
    assert loader.sampler.infinite is True
    assert loader.dataset.pipeline == base.train_dataloader.dataset.pipeline
    # mmengine notes where it has them from
    assert config.model.pop('_scope_') == 'mmssl'
    assert config.model == base.model
    # 20 epochs of the recipe
    assert config.train_cfg.type == 'IterBasedTrainLoop'
    assert config.train_cfg.max_iters == 20 * 10_000 // 64
    assert choices['backbone'].value.startswith('ResNet(depth=18')
    assert choices['steps'].why.startswith("the recipe's 20 times 10000 im")
    assert trials[0]['inputs'][0].shape == (2, 3, 96, 96)
    assert trials[0]['data_samples'][0].boxes.shape == (10, 2, 4)


def test_plan__scrl_on_a_gpu(trials):
    """0.225 at 128; what fits is half, with half the rate."""
    config, choices = plan('scrl', GPU)
    assert config.model.backbone.depth == 50
    assert config.train_dataloader.batch_size == 64
    assert config.optim_wrapper.optimizer.lr == 0.1125
    assert config.optim_wrapper.optimizer.type == 'ScrlLARS'
    assert config.optim_wrapper.type == 'mmssl.Bf16OptimWrapper'
    assert 'loss_scale' not in config.optim_wrapper
    assert config.param_scheduler[0].warmup == 10 * 10_000 // 64
    assert config.default_hooks.teacher.momentum == 0.99
    assert config.train_dataloader.num_workers == 15
    assert choices['lr'].why == '0.225 for a batch of 128, linear rule'
    for precision, kind in (('fp32', 'OptimWrapper'), ('fp16', 'Amp')):
        config, _ = plan('scrl', GPU, precision=precision)
        assert config.optim_wrapper.type.startswith(kind)
        assert ('loss_scale' in config.optim_wrapper) == (kind == 'Amp')


@pytest.mark.parametrize('machine', [CPU, GPU])
def test_plan__byol_is_scrl_without_boxes(trials, machine):
    scrl, _ = plan('scrl', machine)
    byol, _ = plan('byol', machine)
    assert byol.model.region == dict(type='GlobalRegions')
    without = [kind for kind in steps_of(scrl) if kind != 'SampleBoxPairs']
    assert steps_of(byol) == without != steps_of(scrl)
    assert 'boxes' not in trials[-1]['data_samples'][0]
    same = ('optim_wrapper', 'param_scheduler', 'train_cfg', 'work_dir')
    assert all(byol[name] == scrl[name] for name in same)


def test_plan__few_images(trials):
    few = DataFolder('images', Path('/x'), num_train=10)
    config, _ = plan('scrl', CPU, few)
    assert config.train_dataloader.batch_size == 10
    with pytest.raises(PretrainError, match='holds 1 image: batch norm'):
        plan('scrl', CPU, DataFolder('images', Path('/x'), num_train=1))


def built(method, backbone, size):
    """The planned network and a training step's loss, on noise."""
    base = load_config(image_recipe._CPU_BASE)
    boxes = method == 'scrl'
    changes = image_recipe.model_changes(backbone, base, boxes)
    lines = () if boxes else image_recipe._BYOL_LINES
    config = parse(render(image_recipe._CPU_BASE, lines, changes))
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(config.model)
    batch = model.data_preprocessor(view_noise(2, size, 3 * boxes))
    return model, model(**batch, mode='loss')['loss_pair'].item()


@pytest.mark.parametrize('method', ['scrl', 'byol'])
@pytest.mark.parametrize('stride', [8, 16, 32])
def test_model_changes__parts_fit_together(method, stride):
    """The model computes, whatever channels and stride the map has."""
    strides = {8: (1, 2, 1, 1), 16: (1, 2, 2, 1), 32: (1, 2, 2, 2)}
    kind = dict(
        type='ResNet',
        depth=18,
        base_channels=8,
        strides=strides[stride],
        out_indices=(3,),
    )
    model, loss = built(method, Backbone(kind, 64, stride), 64)
    assert 0 < loss < 8
    assert model.neck.fc0.in_features == 64
    assert not model.backbone.zero_init_residual


def test_model_changes__other_backbones_keep_their_own_ways():
    base = load_config(image_recipe._GPU_BASE)
    swin = Backbone(dict(type='SwinTransformer'), 768, 32)
    changes = image_recipe.model_changes(swin, base, boxes=True)
    assert 'zero_init_residual' not in changes['model']['backbone']
    optimizer = changes['optim_wrapper']['optimizer']
    assert (optimizer['type'], optimizer['lr']) == ('AdamW', 1e-3)
    assert changes['auto_scale_lr'] == dict(base_batch_size=256, rule='sqrt')
    assert changes['model']['region'] == dict(stride=32)


@pytest.mark.slow
@pytest.mark.parametrize('name', ['swin_tiny', 'vit_small', 'convnext_tiny'])
def test_model_changes__of_mmpretrain(name):
    backbone = image_recipe.find_backbone(name, 96)
    _, loss = built('scrl', backbone, 96)
    assert 0 < loss < 8
