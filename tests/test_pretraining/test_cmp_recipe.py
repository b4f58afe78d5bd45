import functools
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

from mmssl.engine.run_config import load_config
from mmssl.pretraining import cmp_recipe, planning
from mmssl.pretraining.backbones import Backbone
from mmssl.pretraining.batch_trial import OutOfMemory, Trial
from mmssl.pretraining.config_text import parse, render
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.noise import flow_noise
from mmssl.pretraining.recipes import Request
from mmssl.registry import MODELS

CPU = Machine(2)
GPU = Machine(16, 1, 'A GPU', 24 * 2**30, bf16=True)
PAIRS = DataFolder('pairs', Path('/lists'), (), 1000, 100, 'jpg')
VIDEOS = DataFolder('videos', Path('/videos'), ('a.mp4', 'b.mp4'))


_find_once = functools.lru_cache(None)(cmp_recipe.find_backbone)


@pytest.fixture
def fits(monkeypatch):
    """A GPU of which a sample takes 400 MiB; a step takes half a second."""

    def step(config, make_batch, batch, device):
        if device == 'cuda' and batch > 60:
            raise OutOfMemory
        peak = 400 * 2**20 * batch if device == 'cuda' else 0
        return Trial(batch, 0.5, peak)

    monkeypatch.setattr(planning, 'trial_step', step)
    monkeypatch.setattr(cmp_recipe, 'find_backbone', _find_once)


def plan(data, machine, backbone='resnet18', **options):
    request = Request(backbone, Path('/work'), **options)
    made = cmp_recipe.plan(data, request, machine)
    text = render(made.base, made.statements, made.changes)
    return parse(text), {c.name: c for c in made.choices}


def test_plan__on_a_cpu(fits):
    config, choices = plan(PAIRS, CPU)
    assert config.train_dataloader.batch_size == 8
    assert config.optim_wrapper.optimizer.lr == 0.002
    assert config.optim_wrapper.type == 'OptimWrapper'
    assert config.train_cfg.max_iters == 900
    assert config.train_dataloader.dataset.data_root == '/lists'
    assert config.work_dir == '/work'
    assert (
        choices['steps'].why == "the recipe's 7,200 samples; about 8 min "
        'of steps'
    )


def test_plan__on_a_gpu(fits):
    """Published: rate 0.1 at 64; what fits is half, with half the rate."""
    config, choices = plan(VIDEOS, GPU, 'resnet50')
    assert config.train_dataloader.batch_size == 32
    assert config.optim_wrapper.optimizer.lr == 0.05
    assert config.optim_wrapper.type == 'mmssl.Bf16OptimWrapper'
    assert config.train_cfg.max_iters == 20000
    assert config.train_dataloader.num_workers == 15
    assert config.model.backbone.dilations == (1, 1, 2, 4)
    assert config.model.neck.upsample == 1
    assert config.train_dataloader.dataset.type == 'VideoPairDataset'
    assert choices['batch'].why == (
        'the largest that fits; a step takes 0.50 s and 12.5 GiB'
    )


def test_plan__asked_for(fits):
    config, choices = plan(
        PAIRS,
        GPU,
        batch_size=16,
        lr=0.3,
        workers=0,
        precision='fp32',
        epochs=2,
        seed=5,
    )
    assert config.train_dataloader.batch_size == 16
    assert config.train_dataloader.persistent_workers is False
    assert config.optim_wrapper.optimizer.lr == 0.3
    assert config.optim_wrapper.type == 'OptimWrapper'
    assert config.train_cfg.max_iters == 125
    assert config.randomness.seed == 5
    # running it again with --auto-scale-lr leaves the rate alone
    assert config.auto_scale_lr.base_batch_size == 16
    assert all(
        'as asked' in choices[n].why
        for n in ('batch', 'lr', 'workers', 'precision')
    )


def test_plan__refusals(fits):
    with pytest.raises(PretrainError, match=r'batch of 64 does not fit.*32'):
        plan(PAIRS, GPU, batch_size=64)
    with pytest.raises(PretrainError, match='fp16 needs a GPU'):
        plan(PAIRS, CPU, precision='fp16')
    with pytest.raises(PretrainError, match='bf16, fp16, fp32, got'):
        plan(PAIRS, CPU, precision='half')
    with pytest.raises(PretrainError, match='iterations or epochs'):
        plan(PAIRS, CPU, iterations=3, epochs=3)
    with pytest.raises(PretrainError, match='not known before'):
        plan(VIDEOS, CPU, epochs=3)
    with pytest.raises(PretrainError, match='at least 2 steps, got 1'):
        plan(PAIRS, CPU, iterations=1)
    with pytest.raises(PretrainError, match='workers must not be negative'):
        plan(PAIRS, CPU, workers=-1)
    with pytest.raises(PretrainError, match='lr must be positive'):
        plan(PAIRS, CPU, lr=0.0)


@pytest.mark.parametrize('gpus', [0, 1])
@pytest.mark.parametrize('stride', [4, 8, 16, 32])
def test_model_changes__parts_fit_together(gpus, stride):
    """The model builds, and its maps meet, whatever the stride."""
    base = load_config(cmp_recipe._GPU_BASES['pairs'])
    strides = {4: (1, 1, 1, 1), 8: (1, 2, 1, 1), 16: (1, 2, 2, 1)}
    kind = dict(
        type='ResNet',
        depth=18,
        base_channels=8,
        strides=strides.get(stride, (1, 2, 2, 2)),
        out_indices=(3,),
    )
    changes = cmp_recipe.model_changes(Backbone(kind, 64, stride), base)
    config = parse(render(cmp_recipe._GPU_BASES['pairs'], [], changes))
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(config.model)
    model.eval()
    [sample, _] = model.val_step(flow_noise(2, 64))
    assert sample.pred_flow.shape == (2, 64, 64)


def test_model_changes__other_backbones_keep_their_own_ways():
    base = load_config(cmp_recipe._GPU_BASES['pairs'])
    swin = Backbone(dict(type='SwinTransformer'), 768, 32)
    changes = cmp_recipe.model_changes(swin, base)
    assert changes['model']['weight_init'] == 'backbone'
    assert changes['optim_wrapper']['optimizer']['type'] == 'AdamW'
    assert changes['auto_scale_lr'] == dict(rule='sqrt')
    with pytest.raises(PretrainError, match='has stride 12'):
        cmp_recipe.model_changes(Backbone(dict(type='A'), 8, 12), base)
