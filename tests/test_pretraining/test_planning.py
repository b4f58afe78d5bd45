from pathlib import Path

import pytest

from mmssl.pretraining import planning
from mmssl.pretraining.backbones import Backbone
from mmssl.pretraining.batch_trial import Trial
from mmssl.pretraining.config_text import parse, render
from mmssl.pretraining.data_folder import DataFolder
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Choice, Request

BASE = 'mmssl::cmp/cmp_r18_cpu-demo.py'
DATA = DataFolder('pairs', Path('/lists'), (), 1000, 100, 'flo')


@pytest.fixture
def seen(monkeypatch):
    """What the trial of a step is called with."""
    calls = []

    def step(config, make_batch, batch, device):
        calls.append((config, make_batch(batch), batch, device))
        return Trial(batch, 0.5)

    monkeypatch.setattr(planning, 'trial_step', step)
    return calls


def test_complete__choices_reach_the_config(seen):
    draft = planning.Draft(
        base=BASE,
        statements=("_base_.model.head.type = 'FlowRegressionHead'",),
        changes=dict(optim_wrapper=dict(optimizer=dict(weight_decay=0.5))),
        wanted=12,
        make_batch=lambda batch: f'{batch} samples',
        told=(Choice('data', 'lists', 'given'),),
    )
    request = Request(None, Path('/work'), iterations=90, seed=3)
    plan = planning.complete(draft, DATA, request, Machine(2))
    [(config, batch, number, device)] = seen
    assert (batch, number, device) == ('12 samples', 12, 'cpu')
    # the trial runs the changed network with the changed optimiser
    assert config.model.head.type == 'FlowRegressionHead'
    assert config.optim_wrapper.optimizer.weight_decay == 0.5
    assert [choice.name for choice in plan.choices] == [
        *('machine', 'data', 'precision', 'batch'),
        *('lr', 'workers', 'steps'),
    ]
    config = parse(render(plan.base, plan.statements, plan.changes))
    assert config.train_dataloader.batch_size == 12
    assert config.optim_wrapper.optimizer.weight_decay == 0.5
    # by the rule of the base: the square root of the batch
    lr = config.optim_wrapper.optimizer.lr
    assert lr == pytest.approx(0.002 * 1.5**0.5, rel=1e-5)
    assert config.train_cfg.max_iters == 90
    assert config.randomness.seed == 3
    assert config.work_dir == '/work'


def test_complete__no_loss_scale_where_nothing_is_scaled(seen):
    base = 'mmssl::scrl/scrl_r50_1xb128-100ep_images.py'
    draft = planning.Draft(base, (), {}, 4, lambda batch: None, ())
    request = Request(None, Path('/work'), iterations=9)
    plan = planning.complete(draft, DATA, request, Machine(2))
    config = parse(render(plan.base, plan.statements, plan.changes))
    assert config.optim_wrapper.type == 'OptimWrapper'
    assert 'loss_scale' not in config.optim_wrapper


def test_backbone_choice__in_words():
    backbone = Backbone(dict(type='ResNet', depth=18), 512, 32)
    choice = planning.backbone_choice(backbone)
    assert str(choice) == (
        'backbone   ResNet(depth=18): a map of 512 channels, stride 32'
    )
