"""The offline protocols' configs against the published numbers."""

import copy
import math
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope

from mmssl.registry import MODELS, PARAM_SCHEDULERS

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'probes'


def load(name):
    return Config.fromfile(FOLDER / f'{name}.py')


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmssl'):
        yield


@pytest.mark.parametrize(
    ('name', 'per_256', 'images'),
    [
        ('linear_r50_32xb128-80e_in1k', 0.2, 32 * 128),
        ('linear_r50_32xb128-80e-lr0.8_in1k', 0.05, 32 * 128),
        ('linear_r50_1xb256-80e_in1k', 0.2, 256),
    ],
)
def test_linear__published_recipe(name, per_256, images):
    cfg = load(name)
    assert cfg.auto_scale_lr.base_batch_size == images
    optimizer = cfg.optim_wrapper.optimizer
    assert optimizer == dict(
        type='ScrlLARS',
        lr=pytest.approx(per_256 * images / 256),
        momentum=0.9,
        nesterov=True,
        weight_decay=0.0,
    )
    assert cfg.train_cfg.max_epochs == 80
    assert cfg.train_cfg.val_interval == 5
    steps = cfg.train_dataloader.dataset.pipeline
    assert [step.type for step in steps[1:3]] == [
        'RandomResizedCropView',
        'FlipView',
    ]
    assert (steps[1].size, steps[1].scale) == (224, (0.08, 1.0))
    steps = cfg.val_dataloader.dataset.pipeline
    assert [step.size for step in steps[1:3]] == [256, 224]


def test_linear__trust_ratio_of_all_parameters_and_schedule():
    cfg = load('linear_r50_32xb128-80e_in1k')
    cfg.model.backbone = dict(type='ResNet', depth=18)
    cfg.model.head.in_channels = 512
    model = MODELS.build(cfg.model)
    wrapper = build_optim_wrapper(model, copy.deepcopy(cfg.optim_wrapper))
    groups = wrapper.optimizer.param_groups
    assert not any(group['lars_exclude'] for group in groups)
    trained = [p for g in groups for p in g['params'] if p.requires_grad]
    head = model.head.linear
    assert {id(p) for p in trained} == {id(head.weight), id(head.bias)}
    schedule = PARAM_SCHEDULERS.build(
        dict(cfg.param_scheduler[0]),
        default_args=dict(optimizer=wrapper.optimizer, epoch_length=10),
    )
    rates = []
    for _ in range(800):
        rates.append(groups[0]['lr'])
        schedule.step()
    assert rates[0] == pytest.approx(3.2 / 50)  # 5 epochs of warm-up
    assert rates[49] == pytest.approx(3.2)
    half = 3.2 * (1 + math.cos(math.pi * (400 - 50) / 750)) / 2
    assert rates[399] == pytest.approx(half)
    assert rates[799] == pytest.approx(0)


@pytest.mark.parametrize('name', ['roi_r50', 'roi_r50-fpn'])
def test_roi__what_the_paper_says(name):
    cfg = load(f'{name}_8xb2-12e_coco')
    assert cfg.model.statistics == 'batch'
    assert cfg.model.head.num_classes == 80
    region = cfg.model.region
    if name == 'roi_r50':
        assert region == dict(type='RoIRegions', output_size=1)
        assert cfg.model.head.in_channels == 2048
    else:
        assert region.levels == 'concat'
        assert cfg.model.backbone.out_indices == (0, 1, 2, 3)
        assert cfg.model.head.in_channels == 4 * region.out_channels
    assert cfg.auto_scale_lr.base_batch_size == 8 * 2
