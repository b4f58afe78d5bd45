"""Counts by hand, errors by their text, tensors by value."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from mmssl.checkpoints.load_report import (
    CheckpointMismatch,
    ShapeMismatch,
    compare,
    load_into,
    state_of,
)
from mmssl.checkpoints.pickle_globals import CheckpointError


def net(width=2, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, width, 3), nn.BatchNorm2d(width), nn.Linear(width, 3)
    )


def test_compare__counts_by_hand():
    state = net().state_dict()
    state['head.weight'] = torch.ones(1)
    state['2.weight'] = torch.ones(4, 2)
    del state['0.bias'], state['1.num_batches_tracked'], state['2.bias']
    report = compare(
        state, net().state_dict(), source='f', target='m', optional=['2.b']
    )
    assert report.matched == (
        '0.weight',
        '1.weight',
        '1.bias',
        '1.running_mean',
        '1.running_var',
    )
    assert report.missing == ('0.bias',)
    assert report.unexpected == ('head.weight',)
    assert report.mismatched == (ShapeMismatch('2.weight', (4, 2), (3, 2)),)
    assert report.optional == ('1.num_batches_tracked', '2.bias')
    assert report.share == 5 / 7
    assert str(report).splitlines() == [
        'f -> m: 5 matched (71.4 %), 1 missing, 1 unexpected, '
        '1 of another shape',
        '  missing: 0.bias',
        '  unexpected: head.weight',
        '  mismatched: 2.weight (4, 2) in file, (3, 2) in model',
    ]


def test_report__text_is_short_and_json_is_whole():
    model_state = {f'layer{i}': torch.ones(1) for i in range(9)}
    report = compare({'layer0': torch.ones(1)}, model_state)
    assert 'layer3, layer4, layer5 ... (3 more)' in report.text()
    data = json.loads(report.as_json())
    assert data['missing'] == [f'layer{i}' for i in range(1, 9)]
    assert data['share'] == 1 / 9


def test_compare__of_nothing_matches_nothing():
    assert compare({}, {}).share == 0.0


def test_load_into__values_arrive_and_the_rest_stays(tmp_path):
    source, model = net(seed=1), net(seed=2)
    kept = model[2].bias.clone()
    state = {f'module.{k}': v for k, v in source.state_dict().items()}
    del state['module.2.bias']
    torch.save({'state_dict': state, 'meta': {}}, tmp_path / 'a.pth')
    report = load_into(model, tmp_path / 'a.pth', min_matched=0.8)
    assert report.missing == ('2.bias',)
    assert report.source == str(tmp_path / 'a.pth')
    torch.testing.assert_close(model[2].bias, kept)
    torch.testing.assert_close(model[0].weight, source[0].weight)


def test_load_into__prefix():
    state = {f'backbone.{k}': v for k, v in net(seed=1).state_dict().items()}
    state['head.weight'] = torch.ones(1)
    model = net(seed=2)
    report = load_into(model, state, prefix='backbone.', min_matched=1.0)
    assert report.unexpected == ()
    assert report.share == 1.0
    with pytest.raises(CheckpointMismatch, match=r"prefix 'backbone\.'"):
        load_into(model, state)


def test_load_into__little_matches_loads_nothing():
    model = net()
    before = model[2].weight.clone()
    other = net(width=5, seed=1).state_dict()
    other['2.bias'] += 1
    with pytest.raises(CheckpointMismatch) as error:
        load_into(model, other)
    text = str(error.value)
    assert '2 matched (22.2 %)' in text
    assert '0.weight (5, 1, 3, 3) in file, (2, 1, 3, 3) in model' in text
    assert 'another size' in text
    assert 'at least 90 % needed' in text
    torch.testing.assert_close(model[2].weight, before)
    assert not torch.equal(model[2].bias, other['2.bias'])


def test_load_into__another_architecture():
    with pytest.raises(CheckpointMismatch, match='another architecture'):
        load_into(net(), {'features.weight': torch.ones(1)})


def test_state_of__where_tensors_are():
    tensors = {'a.b': torch.ones(1)}
    for checkpoint in (
        tensors,
        {'state_dict': tensors},
        {'model': tensors, 'epoch': 3},
        {'module.a.b': torch.ones(1), 'step': 3},
    ):
        assert list(state_of(checkpoint)) == ['a.b']
    with pytest.raises(CheckpointError, match='names start with: a'):
        state_of(tensors, 'backbone.')
    with pytest.raises(CheckpointError, match=r"no tensors, but: \['epoch'\]"):
        state_of({'epoch': 3})
    with pytest.raises(CheckpointError, match='holds a list, no checkpoint'):
        state_of([1, 2])


def test_load_into__a_foreign_file_is_named():
    """Where nothing fits, the names tell what the file is."""
    foreign = {
        'model': {
            'layers.0.blocks.0.attn.relative_position_bias_table': torch.ones(
                1
            ),
            'norm.weight': torch.ones(1),
        }
    }
    with pytest.raises(CheckpointMismatch, match=r'Microsoft.*--method timm'):
        load_into(net(), foreign)
    with pytest.raises(CheckpointError, match=r'Microsoft.*--method timm'):
        load_into(net(), foreign, prefix='backbone.')
    with pytest.raises(CheckpointError, match='state of an optimiser'):
        load_into(net(), {'optimizer': {}, 'epoch': 3})
    # a file of ours that does not fit is told as ever
    state = {f'backbone.{k}': v for k, v in net().state_dict().items()}
    state['head.a'] = torch.ones(1)
    with pytest.raises(CheckpointMismatch) as error:
        load_into(net(), state)
    assert 'looks like' not in str(error.value)
    assert "carry the prefix 'backbone.'" in str(error.value)


def test_load_into__a_published_file_as_it_is():
    teacher = {
        'layer1.0.conv1.weight': torch.full((2, 1, 1, 1), 3.0),
        'layer1.0.conv3.weight': torch.full((2, 1, 1, 1), 5.0),
    }
    file = {
        'student': {f'module.backbone.{k}': -v for k, v in teacher.items()},
        'teacher': {f'backbone.{k}': v for k, v in teacher.items()},
    }
    block = nn.ModuleDict(
        {
            'conv1': nn.Conv2d(1, 2, 1, bias=False),
            'conv3': nn.Conv2d(1, 2, 1, bias=False),
        }
    )
    model = nn.ModuleDict({'layer1': nn.ModuleList([block])})
    report = load_into(model, file, prefix='teacher.backbone.')
    assert report.share == 1
    assert block['conv1'].weight.flatten().tolist() == [3, 3]
    load_into(model, file, prefix='backbone.')
    assert block['conv3'].weight.flatten().tolist() == [-5, -5]
