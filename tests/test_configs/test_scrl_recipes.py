"""The four published recipes number by number, and what is made of them.

The table restates the published ``config/*.yaml`` and the paper's Table A1;
it is not derived from the configs.
"""

from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn

from mmssl.registry import MODELS, PARAM_SCHEDULERS
from mmssl.testing.configs import changed_keys

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'scrl'
IMAGENET = 1281167
COCO = 118287


class Published(NamedTuple):
    """One published recipe."""

    region: str
    epochs: int
    lr_of_256: float
    weight_decay: float
    momentum: float
    steps: int


# fmt: off
TABLE = {
    'scrl_r50_32xb256-200ep_imagenet': Published(
        'RoIRegions', 200, 0.45, 1e-6, 0.97, 31400),
    'scrl_r50_32xb256-1000ep_imagenet': Published(
        'RoIRegions', 1000, 0.2, 1.5e-6, 0.996, 157000),
    'byol_r50_32xb256-200ep_imagenet': Published(
        'GlobalRegions', 200, 0.45, 1e-6, 0.97, 31400),
    'byol_r50_32xb256-1000ep_imagenet': Published(
        'GlobalRegions', 1000, 0.2, 1.5e-6, 0.996, 157000),
}
# fmt: on
ROWS = pytest.mark.parametrize(('name', 'row'), TABLE.items(), ids=list(TABLE))
# Paper, Table A1; blur is ResizeBlurView, as in the code.
AUGMENTATIONS = (
    dict(flip=0.5, jitter=0.8, grey=0.2, blur=1.0, solarize=0.0),
    dict(flip=0.5, jitter=0.8, grey=0.2, blur=0.1, solarize=0.2),
)


def load(name):
    return Config.fromfile(FOLDER / f'{name}.py')


def epoch_length(images, batch):
    """Iterations of an epoch whose last batch is not dropped."""
    return -(-images // batch)


@ROWS
def test_published__optimiser_and_batch(name, row):
    cfg = load(name)
    wrapper = cfg.optim_wrapper
    lr = row.lr_of_256 * 32 * 256 / 256
    assert lr == pytest.approx({200: 14.4, 1000: 6.4}[row.epochs])
    assert wrapper.optimizer == dict(
        type='ScrlLARS',
        lr=pytest.approx(lr),
        momentum=0.9,
        weight_decay=row.weight_decay,
        trust_coef=0.001,
        eps=1e-8,
    )
    assert wrapper.type == 'AmpOptimWrapper'
    assert wrapper.accumulative_counts == 1
    assert wrapper.constructor == 'RoleOptimWrapperConstructor'
    assert wrapper.paramwise_cfg == dict(published_quirks=True)
    assert cfg.train_dataloader.batch_size == 256
    assert cfg.train_dataloader.num_workers == 12
    assert not cfg.train_dataloader.get('drop_last', False)
    assert cfg.auto_scale_lr == dict(enable=False, base_batch_size=8192)
    assert cfg.sync_bn == 'torch'


@ROWS
def test_published__length_and_schedules(name, row):
    cfg = load(name)
    assert cfg.train_cfg == dict(
        type='EpochBasedTrainLoop', max_epochs=row.epochs
    )
    assert cfg.param_scheduler == [
        dict(type='WarmupCosineLR', warmup=10, convert_to_iter_based=True)
    ]
    length = epoch_length(IMAGENET, 8192)
    assert length == 157
    assert length * row.epochs == row.steps
    assert cfg.default_hooks.teacher == dict(
        type='MomentumTeacherHook', momentum=row.momentum, end=1.0
    )


@ROWS
def test_published__networks(name, row):
    model = load(name).model
    assert model.type == 'SCRL'
    assert model.teacher_init == 'independent'
    assert model.backbone.depth == 50
    assert model.backbone.zero_init_residual is False
    for mlp, width in ((model.neck, 2048), (model.head.predictor, 256)):
        assert mlp == dict(
            type='NonLinearNeck',
            in_channels=width,
            hid_channels=4096,
            out_channels=256,
            num_layers=2,
            with_bias=True,
            with_last_bn=False,
            with_avg_pool=False,
            norm_cfg=dict(type='BN1d'),
        )
    assert model.head.loss == dict(type='NormalizedL2Loss')
    assert model.region.type == row.region
    if row.region == 'RoIRegions':
        assert model.region.output_size == 1
        assert model.region.stride == 1 / 0.03125
        assert model.region.sampling_ratio == -1
        assert model.region.aligned is False
    assert model.online_probe == dict(
        type='LinearProbe', num_classes=1000, in_channels=2048
    )
    assert model.data_preprocessor.mean == [123.675, 116.28, 103.53]
    assert model.data_preprocessor.std == [58.395, 57.12, 57.375]


@ROWS
def test_published__views_and_boxes(name, row):
    pipeline = load(name).train_dataloader.dataset.pipeline
    views = pipeline[1].views
    for view, want in zip(views, AUGMENTATIONS):
        assert [step.type for step in view] == [
            'RandomResizedCropView',
            'FlipView',
            'ColorJitterView',
            'GrayscaleView',
            'ResizeBlurView',
            'SolarizeView',
        ]
        crop, flip, jitter, grey, blur, solarize = view
        assert (crop.size, tuple(crop.scale)) == (224, (0.2, 1.0))
        strengths = ('brightness', 'contrast', 'saturation', 'hue')
        assert [jitter[key] for key in strengths] == [0.4, 0.4, 0.2, 0.1]
        assert solarize.threshold == 128
        steps = (flip, jitter, grey, blur, solarize)
        assert [step.prob for step in steps] == list(want.values())
    boxes = [step for step in pipeline if step.type == 'SampleBoxPairs']
    assert len(boxes) == (row.region == 'RoIRegions')
    for step in boxes:
        assert step == dict(
            type='SampleBoxPairs',
            num_boxes=10,
            mode='grid',
            min_size=32,
            iou_threshold=0.5,
            jitter=0.0,
            max_trials=50,
        )


@ROWS
def test_published__probe_after_each_epoch(name, row):
    hook = load(name).default_hooks.probes
    assert hook.interval == 1
    (probe,) = hook.probes
    steps = probe.loader.dataset.pipeline
    assert [step.type for step in steps] == [
        'LoadImageRGB',
        'ResizeView',
        'CropView',
        'PackViews',
    ]
    assert (steps[1].size, steps[2].size) == (256, 224)


@pytest.mark.slow
def test_quirks__are_switched_on_by_published_recipes_alone():
    switched = {
        path.stem
        for path in FOLDER.rglob('*.py')
        if load(path.relative_to(FOLDER).with_suffix(''))
        .optim_wrapper.get('paramwise_cfg', {})
        .get('published_quirks')
    }
    small = {
        f'{m}_r50_8xb256-accum4-{n}ep_imagenet'
        for m in ('scrl', 'byol')
        for n in (200, 1000)
    }
    assert switched == {
        *TABLE,
        *small,
        'scrl_r50_32xb256-1000ep-lr0.3_imagenet',
        'scrl_r50_32xb256-2093ep_coco',
    }


@pytest.mark.parametrize('epochs', [200, 1000])
@pytest.mark.parametrize('method', ['scrl', 'byol'])
def test_8_gpus__only_accumulation_differs_and_the_batch_does_not(
    method, epochs
):
    many = load(f'{method}_r50_32xb256-{epochs}ep_imagenet')
    few = load(f'{method}_r50_8xb256-accum4-{epochs}ep_imagenet')
    assert changed_keys(many, few) == {'optim_wrapper.accumulative_counts'}
    batch = 8 * few.train_dataloader.batch_size
    batch *= few.optim_wrapper.accumulative_counts
    assert batch == few.auto_scale_lr.base_batch_size == 8192


def rates(cfg, images, gpus, epochs):
    """Learning rates of the steps that the optimiser makes, by a real run.

    The schedule of the config over so many epochs, nothing else of it.
    """
    parameter = nn.Parameter(torch.zeros(1))
    wrapper = build_optim_wrapper(
        nn.ParameterList([parameter]),
        dict(
            type='OptimWrapper',
            accumulative_counts=cfg.optim_wrapper.accumulative_counts,
            optimizer=dict(type='SGD', lr=cfg.optim_wrapper.optimizer.lr),
        ),
    )
    length = epoch_length(images, gpus * cfg.train_dataloader.batch_size)
    (scheduler,) = (
        PARAM_SCHEDULERS.build(
            dict(s, type=f'mmssl.{s.type}', warmup=2, end=epochs),
            default_args=dict(optimizer=wrapper, epoch_length=length),
        )
        for s in cfg.param_scheduler
    )
    made, sgd = [], wrapper.optimizer
    sgd.register_step_pre_hook(
        lambda *_: made.append(sgd.param_groups[0]['lr'])
    )
    wrapper.initialize_count_status(nn.Module(), 0, epochs * length)
    for _ in range(epochs * length):
        wrapper.update_params(parameter.sum())
        scheduler.step()
    return made


def test_8_gpus__the_same_rate_at_every_step_of_the_optimiser():
    many = load('scrl_r50_32xb256-200ep_imagenet')
    few = load('scrl_r50_8xb256-accum4-200ep_imagenet')
    images = 5 * 8192
    whole = rates(many, images, 32, 6)
    assert len(whole) == 30
    assert rates(few, images, 8, 6) == pytest.approx(whole, rel=1e-12)
    # 5 batches and a bit: 6 iterations of 32 GPUs, 21 of 8, whose last are
    # smaller: a step less in each 6 epochs or so, and the same curve.
    images += 2000
    whole, parts = rates(many, images, 32, 6), rates(few, images, 8, 6)
    assert (len(whole), len(parts)) == (36, 32)
    for k, rate in enumerate(parts):
        done = min(4 * (k + 1), 126) / 21  # epochs
        place = done * 6 - 1
        low, high = int(place // 1), min(int(-(-place // 1)), 35)
        low_high = sorted((whole[max(low, 0)], whole[high]))
        if place >= 0:
            assert low_high[0] - 1e-9 <= rate <= low_high[1] + 1e-9


def test_coco__as_many_steps_as_200_epochs_of_imagenet():
    cfg = load('scrl_r50_32xb256-2093ep_coco')
    length = epoch_length(COCO, 8192)
    steps = length * cfg.train_cfg.max_epochs
    assert 0 <= 200 * epoch_length(IMAGENET, 8192) - steps < length
    warmup = cfg.param_scheduler[0].warmup * length
    assert abs(warmup - 10 * epoch_length(IMAGENET, 8192)) < length
    assert 'online_probe' not in cfg.model or cfg.model.online_probe is None
    assert 'probes' not in cfg.default_hooks


def test_lr_0_3__is_that_for_each_256_images():
    cfg = load('scrl_r50_32xb256-1000ep-lr0.3_imagenet')
    assert cfg.optim_wrapper.optimizer.lr == pytest.approx(0.3 * 32)


@pytest.mark.parametrize(
    ('name', 'batch', 'lr_of_256'),
    [('scrl_r50_1xb128-100ep_images', 128, 0.45)],
)
def test_small__rate_goes_with_the_batch(name, batch, lr_of_256):
    cfg = load(name)
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == batch
    lr = cfg.optim_wrapper.optimizer.lr
    assert lr == pytest.approx(lr_of_256 * batch / 256)


def groups_of(name):
    """Build the optimiser of a config on its model; return role -> names."""
    cfg = load(name)
    cfg.optim_wrapper.type = 'OptimWrapper'
    cfg.optim_wrapper.pop('loss_scale', None)
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(cfg.model)
        wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    names = {p: name for name, p in model.named_parameters()}
    groups = wrapper.optimizer.param_groups
    return {g['role']: {names[p] for p in g['params']} for g in groups}


@pytest.fixture
def _no_random_weights(monkeypatch):
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


@pytest.mark.usefixtures('_no_random_weights')
def test_no_decay_set__of_the_published_recipe():
    groups = groups_of('scrl_r50_32xb256-200ep_imagenet')
    assert set(groups) == {'weight', 'published_exclusion'}
    norms = [
        f'layer{i}.{j}.bn{k}'
        for i, n in enumerate((3, 4, 6, 3), 1)
        for j in range(n)
        for k in (1, 2, 3)
    ]
    missed = [
        'backbone.bn1',
        *(f'backbone.layer{i}.0.downsample.1' for i in (1, 2, 3, 4)),
        'neck.bn0',
        'head.predictor.bn0',
    ]
    assert groups['published_exclusion'] == {
        *(
            f'backbone.{n}.{part}'
            for n in norms
            for part in ('weight', 'bias')
        ),
        *(f'{n}.bias' for n in missed),
        'neck.fc0.bias',
        'head.predictor.fc0.bias',
        'online_probe.linear.bias',
    }
    assert {f'{n}.weight' for n in missed} <= groups['weight']
    everything = groups['weight'] | groups['published_exclusion']
    assert not [n for n in everything if n.startswith('teacher.')]


@pytest.mark.slow
@pytest.mark.usefixtures('_no_random_weights')
@pytest.mark.parametrize(
    ('name', 'weights', 'norms', 'biases'),
    [
        # 53 convolutions, 2 MLPs of 2; a norm behind each but the last ones
        ('scrl_r50_1xb128-100ep_images', 53 + 4, 2 * 55, 2),
        ('ablations/scrl-r50__backbone-r101', 104 + 4, 2 * 106, 2),
        # pyramid: 8 convolutions with bias
        ('ablations/scrl-r50__roi-fpn', 53 + 4 + 8, 2 * 55, 2 + 8),
        # 48 of blocks, 3 of merging, 1 embedding, 12 tables; 58 / 2 norms
        ('ablations/scrl-r50__backbone-swin-t', 64 + 5, 58 + 2 * 4, 49 + 3),
    ],
)
def test_no_decay_set__sizes_by_architecture(name, weights, norms, biases):
    groups = groups_of(name)
    sizes = {role: len(names) for role, names in groups.items()}
    assert sizes == dict(weight=weights, norm=norms, bias=biases)
    tables = [n for n in groups['weight'] if 'bias' in n]
    assert len(tables) == (12 if 'swin' in name else 0)
