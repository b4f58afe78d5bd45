"""Groups by role, and the published groups behind one switch."""

from __future__ import annotations

import logging

import pytest
from mmengine.logging import MMLogger
from mmengine.optim import build_optim_wrapper
from mmpretrain.models import NonLinearNeck, ResNet, SwinTransformer
from torch import nn

from mmssl.engine.optimizers.parameter_roles import trained_parameters
from mmssl.engine.optimizers.role_constructor import (
    RoleOptimWrapperConstructor,
    published_groups,
    role_groups,
)

PROBE = dict(online_probe=dict(lr=0.1))


def mlp(channels):
    return NonLinearNeck(
        channels,
        8,
        4,
        num_layers=2,
        with_bias=True,
        with_last_bn=False,
        norm_cfg=dict(type='BN1d'),
    )


def make(backbone=None, channels=2048, probe=True):
    """A model with the names of SCRL."""
    model = nn.ModuleDict(
        dict(backbone=backbone or ResNet(50), neck=mlp(channels))
    )
    model['head'] = nn.ModuleDict(dict(predictor=mlp(4)))
    if probe:
        model['online_probe'] = nn.Linear(channels, 10)
    model['teacher'] = nn.ModuleDict(dict(backbone=nn.Linear(2, 2)))
    return model


def named(model, groups):
    """Return role -> names of a list of groups."""
    names = {p: name for name, p, _ in trained_parameters(model)}
    return {
        group['role']: [names[p] for p in group['params']] for group in groups
    }


def build(model, optimizer=None, **paramwise):
    cfg = dict(
        type='OptimWrapper',
        constructor='mmssl.RoleOptimWrapperConstructor',
        optimizer=optimizer
        or dict(type='mmssl.ScrlLARS', lr=14.4, weight_decay=1e-6),
        paramwise_cfg=paramwise,
    )
    return build_optim_wrapper(model, cfg)


def test_roles__every_trained_parameter_is_in_one_group():
    model = make()
    groups = build(model, **PROBE).optimizer.param_groups
    assert [group['role'] for group in groups] == [
        'weight',
        'norm',
        'bias',
        'online_probe',
    ]
    found = [p for group in groups for p in group['params']]
    wanted = [
        p for n, p in model.named_parameters() if not n.startswith('teacher.')
    ]
    assert len(found) == len(wanted) == 159 + 5 + 5 + 2
    assert set(found) == set(wanted)


def test_roles__settings_of_each_group():
    groups = build(make(), **PROBE).optimizer.param_groups
    keys = ('role', 'lr', 'weight_decay', 'lars_exclude', 'lr_twice')
    assert [tuple(group[key] for key in keys) for group in groups] == [
        ('weight', 14.4, 1e-6, False, False),
        ('norm', 14.4, 0.0, True, False),
        ('bias', 14.4, 0.0, True, False),
        ('online_probe', 0.1, 0.0, True, False),
    ]


def test_roles__without_settings_the_probe_is_treated_as_all_others():
    model = make()
    groups = named(model, role_groups(model))
    assert groups['weight'][-1] == 'online_probe.weight'
    assert groups['bias'][-1] == 'online_probe.bias'


@pytest.mark.parametrize('depth', [50, 101])
def test_quirks__seven_norm_weights_are_not_left_out(depth):
    model = make(ResNet(depth))
    roles = named(model, role_groups(model))
    published = named(model, published_groups(model))
    missed = set(roles['norm']) & set(published['weight'])
    assert sorted(missed) == [
        'backbone.bn1.weight',
        *(f'backbone.layer{i}.0.downsample.1.weight' for i in (1, 2, 3, 4)),
        'head.predictor.bn0.weight',
        'neck.bn0.weight',
    ]
    # and nothing else differs
    without = set(roles['norm']) | set(roles['bias'])
    assert set(published['published_exclusion']) == without - missed
    assert set(published['weight']) == set(roles['weight']) | missed


def test_quirks__settings_of_each_group():
    groups = build(make(), published_quirks=True).optimizer.param_groups
    keys = ('role', 'lr', 'weight_decay', 'lars_exclude', 'lr_twice')
    assert [tuple(group[key] for key in keys) for group in groups] == [
        ('weight', 14.4, 1e-6, False, False),
        ('published_exclusion', 14.4, 0.0, True, True),
    ]
    groups = build(make(), published_quirks=True, **PROBE)
    probe = groups.optimizer.param_groups[2]
    assert tuple(probe[key] for key in keys) == (
        'online_probe',
        0.1,
        0.0,
        True,
        False,
    )
    assert len(probe['params']) == 2


def test_quirks__of_a_model_without_published_names():
    swin = SwinTransformer('tiny', img_size=64)
    with pytest.raises(ValueError, match='published_quirks=False'):
        build(make(swin, 768), published_quirks=True)
    model = make(swin, 768)
    roles = named(model, role_groups(model))
    assert sum('table' in name for name in roles['weight']) == 12


@pytest.mark.parametrize(
    'optimizer',
    [
        dict(type='SGD', lr=0.1, weight_decay=1e-4),
        dict(type='AdamW', lr=1e-3, weight_decay=0.05),
        dict(type='mmpretrain.LARS', lr=0.1, weight_decay=1e-4),
    ],
)
def test_roles__with_another_optimizer(optimizer):
    groups = build(make(probe=False), optimizer).optimizer.param_groups
    decays = {group['role']: group['weight_decay'] for group in groups}
    assert decays == dict(weight=optimizer['weight_decay'], norm=0.0, bias=0.0)
    assert [g.get('lars_exclude', False) for g in groups] == [
        False,
        True,
        True,
    ]


def test_roles__settings_of_a_role_win():
    groups = build(make(), norm=dict(weight_decay=0.5, lr=1.0))
    norm = groups.optimizer.param_groups[1]
    assert (norm['weight_decay'], norm['lr']) == (0.5, 1.0)
    assert norm['lars_exclude'] is True


def test_log__shows_every_group():
    logger = MMLogger.get_current_instance()
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    logger.addHandler(handler)
    try:
        build(make(), published_quirks=True, **PROBE)
    finally:
        logger.removeHandler(handler)
    (text,) = (text for text in records if 'parameter groups' in text)
    lines = text.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith('  weight: 64 tensors, 23')
    assert 'lr 14.4, weight decay 1e-06' in lines[1]
    assert 'published_exclusion: 105 tensors' in lines[2]
    assert 'step lr^2 = 207.36' in lines[2]
    assert 'online_probe: 2 tensors, 20490 values, lr 0.1' in lines[3]


def test_wrapper__is_built_with_its_arguments_and_for_a_wrapped_model():
    wrapped = nn.Module()
    wrapped.module = make()
    cfg = dict(
        type='OptimWrapper',
        accumulative_counts=4,
        optimizer=dict(type='mmssl.ScrlLARS', lr=1.0),
    )
    wrapper = RoleOptimWrapperConstructor(cfg)(wrapped)
    assert wrapper._accumulative_counts == 4
    assert len(wrapper.optimizer.param_groups) == 3
    assert cfg['optimizer'] == dict(type='mmssl.ScrlLARS', lr=1.0)


@pytest.mark.parametrize(
    ('paramwise', 'error', 'message'),
    [
        (dict(bnorm={}), ValueError, 'no bnorm; its keys are bias, norm'),
        (dict(norm=0.1), TypeError, 'must be a dict of settings, got 0.1'),
    ],
)
def test_settings__that_are_wrong(paramwise, error, message):
    with pytest.raises(error, match=message):
        build(make(), **paramwise)


def test_settings__roles_and_quirks_exclude_each_other():
    with pytest.raises(ValueError, match='remove the settings of norm'):
        build(make(), published_quirks=True, norm=dict(lr=1.0))


def test_settings__without_an_optimizer():
    with pytest.raises(ValueError, match='optimizer=dict'):
        RoleOptimWrapperConstructor(dict(type='OptimWrapper'))
