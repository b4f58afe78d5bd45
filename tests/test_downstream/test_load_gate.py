"""Names, shapes and values of a file against a backbone."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.models import ResNet, SwinTransformer
from torch import nn

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.downstream.load_gate import (
    as_load,
    check_names,
    check_network,
    check_values,
    random_report,
)
from mmssl.models.backbones import SemanticSwinTransformer

ARCH = dict(embed_dims=12, depths=[1, 1, 2], num_heads=[1, 1, 2])


def of(network, **more):
    state = {k: v.clone() for k, v in network.state_dict().items()}
    return Exported(config=None, name='the net', file='a', state=state, **more)


def test_names__all_there():
    report = check_names(of(ResNet(18)), ResNet(18))
    assert report.share == 1
    load = as_load(report)
    assert load['matched'] == load['total'] == len(ResNet(18).state_dict())
    assert load['text'] == report.text()


def test_names__norms_of_outputs_that_were_not_pretrained():
    exported = of(SwinTransformer(ARCH, out_indices=(2,)))
    target = SwinTransformer(ARCH, out_indices=(0, 1, 2))
    report = check_names(exported, target)
    assert set(report.optional) == {
        f'norm{i}.{name}' for i in (0, 1) for name in ('weight', 'bias')
    }


def test_names__another_depth_whose_names_all_fit():
    """ResNet-18 has a place for half of ResNet-34, and other features."""
    small = ResNet(18)
    exported = of(ResNet(34))
    with pytest.raises(HandOffError, match='no place for 96 of its') as e:
        check_names(exported, small)
    assert e.value.kind == 'architecture'


def test_names__a_stage_that_the_task_does_not_use():
    target = ResNet(
        18,
        num_stages=3,
        strides=(1, 2, 2),
        dilations=(1, 1, 1),
        out_indices=(2,),
    )
    exported = of(ResNet(18))
    exported.state['fc.weight'] = torch.ones(2, 512)
    report = check_names(exported, target)
    left = {name.split('.')[0] for name in report.unexpected}
    assert left == {'layer4', 'fc'}


def test_names__one_missing_is_enough():
    exported = of(ResNet(18))
    del exported.state['layer2.0.conv1.weight']
    with pytest.raises(HandOffError, match=r'layer2\.0\.conv1\.weight') as e:
        check_names(exported, ResNet(18))
    assert e.value.kind == 'architecture'


def test_names__none_fits():
    exported = of(nn.Linear(2, 3))
    with pytest.raises(HandOffError, match='0 matched') as caught:
        check_names(exported, ResNet(18))
    assert caught.value.kind == 'keys'


def test_names__a_backbone_that_follows_lambda():
    exported = of(SemanticSwinTransformer(ARCH, out_indices=(2,)))
    with pytest.raises(HandOffError, match='--semantic-weight LAMBDA'):
        check_names(exported, SwinTransformer(ARCH, out_indices=(2,)))


def test_names__other_windows_are_resized_and_told():
    exported = of(SwinTransformer(ARCH, out_indices=(2,)))
    target = SwinTransformer(ARCH, out_indices=(2,), window_size=4)
    report = check_names(exported, target)
    assert report.share == 1
    assert 'window 7 -> 4' in as_load(report)['text']
    with pytest.raises(HandOffError, match='did not arrive'):
        check_values(exported, target, report)


def test_values__one_that_differs_is_named():
    network = ResNet(18)
    exported = of(network)
    report = check_names(exported, network)
    assert check_values(exported, network, report) is report
    with torch.no_grad():
        network.layer3[0].conv1.weight[0, 0, 0, 0] += 0.01
    with pytest.raises(HandOffError, match='1 of 120 tensors') as caught:
        check_values(exported, network, report)
    assert caught.value.kind == 'keys'
    assert 'layer3.0.conv1.weight' in str(caught.value)


def test_random__is_compared_with_what_was_asked_for():
    asked = Exported(config=dict(type='ResNet', depth=18), name='random')
    check_network(asked, ResNet(18))
    with pytest.raises(HandOffError, match='random does not fill') as caught:
        check_network(asked, ResNet(34))
    assert caught.value.kind == 'architecture'
    check_network(Exported(config=None, name='random'), ResNet(34))
    assert random_report(ResNet(18))['matched'] == 0
