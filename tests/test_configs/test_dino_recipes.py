"""Published recipes of DINO and SOLIDER number by number.

The tables restate the published scripts and the defaults of the published
code; they are not derived from the configs.
"""

import copy
import functools
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn

from mmssl.engine.lr_scaling import scale_lr
from mmssl.registry import MODELS, PARAM_SCHEDULERS
from mmssl.testing.configs import changed_keys

FOLDER = Path(__file__).resolve().parents[2] / 'configs'


class Published(NamedTuple):
    """One published recipe: command or script."""

    epochs: int
    gpus: int
    batch: int
    lr_of_256: float
    warmup: int = 10
    decay: tuple = (0.04, 0.4)
    optimizer: str = 'AdamW'


PEOPLE = {
    'dino/dino_swin-{}_8xb48-100ep_luperson': Published(100, 8, 48, 5e-4),
    'solider/solider_swin-{}_8xb48-100ep_luperson': Published(
        100, 8, 48, 5e-4
    ),
    'solider/solider_swin-{}_8xb48-10ep_from-dino_luperson': Published(
        10, 8, 48, 5e-5, warmup=1
    ),
}
IMAGENET = {
    'dino/dino_vit-s_8xb64-100ep_imagenet': Published(100, 8, 64, 5e-4),
    'dino/dino_vit-s_16xb64-300ep_imagenet': Published(300, 16, 64, 5e-4),
    'dino/dino_r50_8xb64-100ep_imagenet': Published(
        100, 8, 64, 0.03, decay=(1e-4, 1e-4), optimizer='SGD'
    ),
    # not published: as ViT-S
    'dino/dino_swin-t_8xb64-100ep_imagenet': Published(100, 8, 64, 5e-4),
}
TABLE = {
    **{
        name.format(size) + px: row
        for name, row in PEOPLE.items()
        for size in 'tsb'
        for px in ('', '-384x128')
    },
    **IMAGENET,
}
ROWS = pytest.mark.parametrize(('name', 'row'), TABLE.items(), ids=list(TABLE))


@functools.cache
def load(name):
    return Config.fromfile(FOLDER / f'{name}.py')


@ROWS
def test_published__optimiser_batch_and_precision(name, row):
    cfg = load(name)
    wrapper = cfg.optim_wrapper
    total = row.gpus * row.batch
    lr = row.lr_of_256 * total / 256
    momentum = dict(momentum=0.9) if row.optimizer == 'SGD' else {}
    assert wrapper.optimizer == dict(
        type=row.optimizer,
        lr=pytest.approx(lr),
        weight_decay=row.decay[0],
        **momentum,
    )
    assert wrapper.type == 'AmpOptimWrapper'
    assert wrapper.loss_scale == 'dynamic'
    assert wrapper.clip_grad == dict(type='parameter', max_norm=3.0)
    assert wrapper.accumulative_counts == 1
    assert wrapper.constructor == 'RoleOptimWrapperConstructor'
    assert wrapper.paramwise_cfg == {}
    assert cfg.train_dataloader.batch_size == row.batch
    assert cfg.train_dataloader.drop_last
    assert cfg.auto_scale_lr == dict(enable=False, base_batch_size=total)
    assert cfg.sync_bn == 'torch'
    assert cfg.randomness.seed == 0


@ROWS
def test_published__length_schedules_and_hooks(name, row):
    cfg = load(name)
    assert cfg.train_cfg.max_epochs == row.epochs
    lr = dict(
        type='StepCosineLR',
        final=1e-6,
        warmup=row.warmup,
        convert_to_iter_based=True,
    )
    decay = dict(
        type='StepCosineWeightDecay',
        final=row.decay[1],
        convert_to_iter_based=True,
    )
    changes = row.decay[0] != row.decay[1]
    assert cfg.param_scheduler == [lr, decay][: 1 + changes]
    hooks = cfg.default_hooks
    assert hooks.teacher == dict(
        type='MomentumTeacherHook', momentum=0.996, end=1.0
    )
    assert hooks.last_layer == dict(type='FreezeLastLayerHook', epochs=1)
    boosted = row.epochs == 300
    assert hooks.get('temperature') == (
        dict(type='TeacherTempHook', start=0.04, end=0.07, epochs=30)
        if boosted
        else None
    )
    assert hooks.checkpoint.interval == 5


@ROWS
def test_published__projector_and_loss(name, row):
    model = load(name).model
    width = model.neck.in_channels
    boosted = row.epochs == 300
    assert model.neck == dict(
        type='DINONeck',
        in_channels=width,
        hid_channels=2048,
        bottleneck_channels=256,
        num_prototypes=65536,
        num_layers=3,
        norm_last_layer=not boosted,
        use_bn=False,
    )
    assert model.head == dict(
        type='DINOHead',
        num_prototypes=65536,
        student_temp=0.1,
        teacher_temp=0.04,
        center_momentum=0.9,
    )
    assert model.num_global_views == 2
    assert model.teacher_drop_path == 0.0
    assert model.teacher_init == 'copy'
    if 'r50' not in name:
        assert model.backbone.drop_path_rate == 0.1
    widths = {'swin-t': 768, 'swin-s': 768, 'swin-b': 1024}
    widths.update({'vit-s': 384, 'r50': 2048})
    (arch,) = (key for key in widths if f'_{key}_' in name)
    assert width == widths[arch]


@ROWS
def test_published__views(name, row):
    maker = load(name).train_dataloader.dataset.pipeline[1]
    assert maker.num_views == (1, 1, 8)
    people = 'luperson' in name
    tall = name.endswith('384x128')
    large, small = (256, 128), (128, 64)
    scales = ((0.8, 1.0), (0.05, 0.8))
    ratio = (0.4, 0.6)
    if tall:
        large, small, ratio = (384, 128), (192, 64), (0.25, 0.4)
    if not people:
        large, small, ratio = 224, 96, (3 / 4, 4 / 3)
        scales = ((0.4, 1.0), (0.05, 0.4))
    if 'r50' in name:
        scales = ((0.14, 1.0), (0.05, 0.14))
    for i, (view, blur) in enumerate(zip(maker.views, (1.0, 0.1, 0.5))):
        crop, flip, jitter, grey, blurred, *more = view
        assert crop.type == 'RandomResizedCropView'
        assert crop.size == (small if i == 2 else large)
        assert tuple(crop.scale) == scales[i == 2]
        assert tuple(crop.ratio) == ratio
        strengths = ('brightness', 'contrast', 'saturation', 'hue')
        assert [jitter[key] for key in strengths] == [0.4, 0.4, 0.2, 0.1]
        probs = [step.prob for step in (flip, jitter, grey, blurred)]
        assert probs == [0.5, 0.8, 0.2, blur]
        assert tuple(blurred.radius) == (0.1, 2.0)
        solarize = dict(type='SolarizeView', prob=0.2, threshold=128)
        assert more == ([solarize] if i == 1 else [])


def curve(cfg, gpus, images, epochs):
    """Rate and decay of the steps that the optimiser makes.

    The schedules of the config over so many epochs, by a real optimiser.
    """
    parameter = nn.Parameter(torch.zeros(1))
    wrapper = build_optim_wrapper(
        nn.ParameterList([parameter]),
        dict(
            type='OptimWrapper',
            accumulative_counts=cfg.optim_wrapper.accumulative_counts,
            optimizer=dict(cfg.optim_wrapper.optimizer),
        ),
    )
    length = images // (gpus * cfg.train_dataloader.batch_size)
    schedulers = [
        PARAM_SCHEDULERS.build(
            dict(s, type=f'mmssl.{s.type}', end=epochs),
            default_args=dict(optimizer=wrapper, epoch_length=length),
        )
        for s in cfg.param_scheduler
    ]
    made, optimizer = [], wrapper.optimizer
    (group,) = optimizer.param_groups
    optimizer.register_step_pre_hook(
        lambda *_: made.append((group['lr'], group['weight_decay']))
    )
    wrapper.initialize_count_status(nn.Module(), 0, epochs * length)
    for _ in range(epochs * length):
        wrapper.update_params(parameter.sum())
        for scheduler in schedulers:
            scheduler.step()
    return np.array(made)


@pytest.mark.parametrize(
    'name',
    [
        'dino/dino_swin-t_{}-100ep_luperson',
        'solider/solider_swin-t_{}-100ep_luperson',
        'solider/solider_swin-t_{}-10ep_from-dino_luperson',
    ],
)
def test_one_gpu__the_same_batch_and_the_same_curve(name):
    many, one = (load(name.format(n)) for n in ('8xb48', '1xb48-accum8'))
    assert changed_keys(many, one) == {'optim_wrapper.accumulative_counts'}
    batch = one.train_dataloader.batch_size
    assert batch * one.optim_wrapper.accumulative_counts == 384
    images, epochs = 2 * 384, many.param_scheduler[0].warmup + 2
    whole = curve(many, 8, images, epochs)
    parts = curve(one, 1, images, epochs)
    assert len(whole) == 2 * epochs
    assert whole[0, 0] == 0.0
    assert whole[:, 0].max() == many.optim_wrapper.optimizer.lr
    np.testing.assert_allclose(parts, whole, rtol=1e-12)


@pytest.mark.parametrize(
    'name',
    [
        'dino/dino_swin-t_1xb64-100ep_images',
        'dino/dino_swin-t_1xb64-100ep_people',
        'solider/solider_swin-t_1xb64-100ep_people',
        'solider/solider_swin-t_1xb64-10ep_from-dino_people',
    ],
)
def test_one_gpu__rate_goes_with_the_batch(name):
    cfg = load(name)
    batch = cfg.auto_scale_lr.base_batch_size
    assert cfg.train_dataloader.batch_size == batch == 64
    of_256 = 5e-5 if '10ep' in name else 5e-4
    assert math.isclose(
        cfg.optim_wrapper.optimizer.lr, of_256 * batch / 256, rel_tol=1e-12
    )
    assert cfg.optim_wrapper.type == 'Bf16OptimWrapper'
    assert cfg.optim_wrapper.clip_grad == dict(type='parameter', max_norm=3.0)
    # what DINO's code advises for batches of 256
    assert cfg.default_hooks.teacher.momentum == 0.9995


@pytest.mark.parametrize(
    ('gpus', 'batch', 'accumulated', 'lr'),
    [
        (8, 48, 1, 7.5e-4),
        (4, 64, 1, 5e-4),
        (1, 48, 8, 7.5e-4),
        (2, 32, 2, 2.5e-4),
    ],
)
def test_auto_scale_lr__is_the_published_rule(gpus, batch, accumulated, lr):
    for name in (
        'solider/solider_swin-t_8xb48-100ep_luperson',
        'solider/solider_swin-t_1xb64-100ep_people',
    ):
        cfg = load(name)
        parameter = nn.Parameter(torch.zeros(1))
        wrapper = OptimWrapper(
            torch.optim.AdamW([parameter], lr=cfg.optim_wrapper.optimizer.lr),
            accumulative_counts=accumulated,
        )
        settings = dict(cfg.auto_scale_lr, enable=True)
        scale_lr(wrapper, batch, gpus, settings)
        (group,) = wrapper.optimizer.param_groups
        assert group['lr'] == pytest.approx(lr, rel=1e-12)
        total = gpus * batch * accumulated
        assert group['lr'] == pytest.approx(5e-4 * total / 256, rel=1e-12)


def groups_of(name):
    """Build the optimiser of a config on its model; return role -> names."""
    cfg = load(name)
    wrapper = copy.deepcopy(cfg.optim_wrapper)
    wrapper.type = 'OptimWrapper'
    wrapper.pop('loss_scale', None)
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(cfg.model)
        built = build_optim_wrapper(model, wrapper)
    names = {p: name for name, p in model.named_parameters()}
    groups = built.optimizer.param_groups
    everything = {n for n, p in model.named_parameters() if p.requires_grad}
    found = [names[p] for group in groups for p in group['params']]
    assert len(found) == len(set(found))
    frozen = [n for n in everything - set(found) if 'teacher.' not in n]
    assert frozen == []
    shapes = {name: p.ndim for name, p in model.named_parameters()}
    for group in groups:
        decays = group['weight_decay'] > 0
        for name in (names[p] for p in group['params']):
            # the published rule, by shape and name
            without = shapes[name] == 1 or name.endswith('.bias')
            assert decays == (not without), name
    return {g['role']: {names[p] for p in g['params']} for g in groups}


@pytest.fixture
def _no_random_weights(monkeypatch):
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


def swin_t():
    """Names of Swin-T's parameters, by what they are for."""
    weights, norms, biases = set(), set(), set()

    def add(prefix, norm=False, bias=True):
        target = norms if norm else weights
        target.add(f'{prefix}.weight')
        if bias:
            (norms if norm else biases).add(f'{prefix}.bias')

    add('backbone.patch_embed.projection')
    add('backbone.patch_embed.norm', norm=True)
    for i, depth in enumerate((2, 2, 6, 2)):
        for j in range(depth):
            block = f'backbone.stages.{i}.blocks.{j}'
            attention = f'{block}.attn.w_msa'
            add(f'{block}.norm1', norm=True)
            add(f'{block}.norm2', norm=True)
            add(f'{attention}.qkv')
            add(f'{attention}.proj')
            weights.add(f'{attention}.relative_position_bias_table')
            add(f'{block}.ffn.layers.0.0')
            add(f'{block}.ffn.layers.1')
        if i < 3:
            add(f'backbone.stages.{i}.downsample.norm', norm=True)
            add(f'backbone.stages.{i}.downsample.reduction', bias=False)
            # the last stage's controller acts on nothing, and is frozen
            add(f'backbone.semantic_embed_w.{i}')
            add(f'backbone.semantic_embed_b.{i}')
    add('backbone.norm3', norm=True)
    for i in (0, 2, 4):
        add(f'neck.mlp.{i}')
    weights.add('neck.last_layer.weight_v')  # weight_g is frozen
    return weights, norms, biases


@pytest.mark.usefixtures('_no_random_weights')
def test_decay__of_every_parameter_of_swin_t():
    weights, norms, biases = swin_t()
    groups = groups_of('dino/dino_swin-t_8xb48-100ep_luperson')
    assert groups == dict(weight=weights, norm=norms, bias=biases)
    tables = [n for n in groups['weight'] if n.endswith('bias_table')]
    assert len(tables) == 12


@pytest.mark.usefixtures('_no_random_weights')
def test_decay__of_the_part_head_where_it_learns():
    weights, norms, biases = swin_t()
    published = groups_of('solider/solider_swin-t_8xb48-100ep_luperson')
    assert published == dict(weight=weights, norm=norms, bias=biases)
    trained = groups_of('solider/solider_swin-t_1xb64-100ep_people')
    head = {'weight': weights, 'norm': norms, 'bias': biases}
    more = {role: trained[role] - names for role, names in head.items()}
    blocks = [f'semantic_head.blocks.{i}' for i in range(3)]
    assert more == {
        'weight': {f'{b}.fc.weight' for b in blocks}
        | {'semantic_head.fc.weight'},
        'norm': {f'{b}.norm.{p}' for b in blocks for p in ('weight', 'bias')},
        'bias': {'semantic_head.fc.bias'},
    }


@pytest.mark.slow
@pytest.mark.usefixtures('_no_random_weights')
@pytest.mark.parametrize('family', ['dino', 'solider'])
def test_metafile__parameters_are_those_of_the_models(family):
    text = (FOLDER / family / 'metafile.yml').read_text('utf-8')
    counts = {}
    for entry in yaml.safe_load(text)['Models']:
        model = load(f'{family}/{entry["Name"]}').model
        if str(model) not in counts:
            with DefaultScope.overwrite_default_scope('mmssl'):
                parameters = MODELS.build(model).parameters()
            counts[str(model)] = sum(p.numel() for p in parameters)
        assert entry['Metadata']['Parameters'] == counts[str(model)]


@pytest.mark.slow
@pytest.mark.usefixtures('_no_random_weights')
@pytest.mark.parametrize(
    ('name', 'roles'),
    [
        ('dino/dino_vit-s_8xb64-100ep_imagenet', {'weight', 'norm', 'bias'}),
        # a length for each prototype: two dimensions, so it decays
        ('dino/dino_vit-s_16xb64-300ep_imagenet', {'weight', 'norm', 'bias'}),
        ('dino/dino_r50_8xb64-100ep_imagenet', {'weight', 'norm', 'bias'}),
        ('dino/dino_swin-t_8xb64-100ep_imagenet', {'weight', 'norm', 'bias'}),
    ],
)
def test_decay__by_the_published_rule(name, roles):
    groups = groups_of(name)
    assert set(groups) == roles
    if 'vit' in name:
        assert 'backbone.cls_token' in groups['weight']
    lengths = 'neck.last_layer.weight_g'
    assert (lengths in groups['weight']) is ('300ep' in name)
