"""Our parameter names against those of the published checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mmpretrain.models import NonLinearNeck, ResNet
from torch import nn

from mmssl.engine.optimizers.published_names import (
    excluded_as_published,
    published_name,
    published_names,
)

GOLDEN = Path(__file__).resolve().parents[2] / 'data' / 'golden'


def published_shapes():
    """Return the golden names and shapes of trained parameters."""
    keys = json.loads((GOLDEN / 'scrl_resnet50_keys.json').read_text())
    prefixes = {
        'online_network_state_dict/': '',
        'predictor_state_dict/': 'predictor.',
    }
    buffers = ('running_mean', 'running_var', 'num_batches_tracked')
    return {
        new + key[len(old) :]: shape
        for key, (shape, _) in keys.items()
        for old, new in prefixes.items()
        if key.startswith(old) and not key.endswith(buffers)
    }


def mlp(channels):
    return NonLinearNeck(
        channels,
        16,
        8,
        num_layers=2,
        with_bias=True,
        with_last_bn=False,
        norm_cfg=dict(type='BN1d'),
    )


@pytest.fixture(scope='module')
def names():
    model = nn.ModuleDict(dict(backbone=ResNet(50), neck=mlp(2048)))
    model['head'] = nn.ModuleDict(dict(predictor=mlp(256)))
    return [name for name, _ in model.named_parameters()]


def test_names__are_those_of_the_published_checkpoint(names):
    theirs = published_shapes()
    assert len(theirs) == 159 + 5 + 5
    assert sorted(published_names(names).values()) == sorted(theirs)


def test_exclusion__misses_exactly_seven_norm_weights():
    missed = [
        name
        for name, shape in published_shapes().items()
        if len(shape) == 1 and not excluded_as_published(name)
    ]
    assert missed == [
        'encoder.1.weight',
        *(f'encoder.{i}.0.downsample.1.weight' for i in (4, 5, 6, 7)),
        'projector.net.1.weight',
        'predictor.net.1.weight',
    ]


def test_name__of_the_probe_and_of_what_has_none():
    weight = published_name('online_probe.linear.weight')
    assert weight == 'evaluator.linear.weight'
    assert published_name('online_probe.weight') == weight
    assert published_name('teacher.backbone.conv1.weight') is None
    assert published_name('backbone.layer5.0.conv1.weight') is None
    assert published_name('neck.fc2.weight') is None


def test_names__of_another_model_are_refused():
    with pytest.raises(ValueError, match=r'2 parameters have none.*norm3'):
        published_names(['backbone.norm3.weight', 'neck.fc2.weight'])
