import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.models import SelfSupDataPreprocessor
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.models.algorithms.base import (
    BaseAlgorithm,
    build_part,
    stack_field,
)
from mmssl.models.data_preprocessors.flow import FlowDataPreprocessor
from mmssl.models.necks.conv_projection import ConvProjection


class Doubling(BaseAlgorithm):
    def loss(self, inputs, data_samples):
        return {'loss': inputs.sum()}


class Predicting(Doubling):
    default_preprocessor = 'mmssl.FlowDataPreprocessor'

    def predict(self, inputs, data_samples):
        return [2 * x for x in inputs]


def test_forward__modes():
    model = Predicting(nn.Identity())
    x = torch.tensor([1.0, 2.0])
    assert torch.equal(model(x), x)
    assert torch.equal(model(x, mode='tensor'), x)
    assert model(x, mode='loss') == {'loss': 3.0}
    assert model(x, mode='predict') == [2.0, 4.0]


def test_forward__unknown_mode():
    with pytest.raises(ValueError, match="'los'; valid: loss, predict, ten"):
        Predicting(nn.Identity())(torch.zeros(1), mode='los')


def test_predict__a_model_that_cannot():
    with pytest.raises(NotImplementedError, match='Doubling does not predict'):
        Doubling(nn.Identity())(torch.zeros(1), mode='predict')


@pytest.mark.parametrize('scope', [None, 'mmssl', 'mmpretrain', 'mmdet'])
def test_preprocessor__that_of_the_class_in_any_scope(scope):
    with DefaultScope.overwrite_default_scope(scope):
        model = Predicting(nn.Identity())
        plain = Doubling(nn.Identity())
    assert isinstance(model.data_preprocessor, FlowDataPreprocessor)
    assert isinstance(plain.data_preprocessor, SelfSupDataPreprocessor)


def test_preprocessor__options_without_a_type():
    options = dict(mean=(0, 0, 0), std=(1, 1, 1))
    model = Predicting(nn.Identity(), data_preprocessor=options)
    assert (model.data_preprocessor.std == 1).all()
    assert list(options) == ['mean', 'std']  # the config is not changed


def test_build_part():
    module = nn.Identity()
    assert build_part(module, 'neck') is module
    assert build_part(None, 'neck', optional=True) is None
    cfg = dict(type='mmssl.ConvProjection', in_channels=2)
    assert isinstance(build_part(cfg, 'neck'), ConvProjection)
    assert cfg == dict(type='mmssl.ConvProjection', in_channels=2)


@pytest.mark.parametrize('part', [None, 'ResNet', 3])
def test_build_part__neither_config_nor_module(part):
    with pytest.raises(TypeError, match=r'neck must be a config .*, got '):
        build_part(part, 'neck')


def test_stack_field():
    samples = [DataSample(), DataSample()]
    samples[0].set_field(torch.ones(2), 'a')
    samples[1].set_field(torch.zeros(2), 'a')
    assert stack_field(samples, 'a').tolist() == [[1, 1], [0, 0]]
    with pytest.raises(ValueError, match=r"\[0, 1\] have no 'b'"):
        stack_field(samples, 'b')
    with pytest.raises(ValueError, match='no data samples'):
        stack_field(None, 'a')
