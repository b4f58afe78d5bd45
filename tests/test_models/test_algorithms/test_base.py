import copy

import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.models import SelfSupDataPreprocessor
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.engine.checkpointed_blocks import checkpoint_blocks
from mmssl.engine.compiled_parts import compile_parts
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


class Reconstructing(BaseAlgorithm):
    """Toy method: features of two views of each image agree."""

    def loss(self, inputs, data_samples):
        one, two = (self.backbone(view)[-1].mean((2, 3)) for view in inputs)
        return {'loss_method': (self.neck(one) - two).square().mean()}


PROBE = dict(type='LinearProbe', num_classes=3, in_channels=8)


def reconstructing(**options):
    """Two convolutional blocks; the same weights whatever the options."""
    torch.manual_seed(1)
    blocks = [
        nn.Sequential(nn.Conv2d(c, 8, 3, padding=1), nn.BatchNorm2d(8))
        for c in (3, 8)
    ]
    backbone = Maps(nn.Sequential(blocks[0], nn.ReLU(), blocks[1]))
    return Reconstructing(backbone, neck=nn.Linear(8, 8), **options).train()


class Maps(nn.Module):
    """A backbone: gives out a tuple of maps."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        return (x, self.layers(x))


def views_and_labels():
    generator = torch.Generator().manual_seed(2)
    views = [torch.randn(4, 3, 6, 6, generator=generator) for _ in range(2)]
    return views, [DataSample().set_gt_label(i) for i in (0, 2, 1, 2)]


def gradients(model, scale=1.0):
    """All gradients of one loss pass, by name."""
    views, samples = views_and_labels()
    losses = model(views, samples, mode='loss')
    loss, _ = model.parse_losses(losses)
    (scale * loss).backward()
    return losses, {k: p.grad for k, p in model.named_parameters()}


def test_online_probe__the_method_gets_the_same_gradients_to_the_bit():
    plain, expected = gradients(reconstructing())
    losses, found = gradients(reconstructing(online_probe=PROBE))
    assert torch.equal(losses['loss_method'], plain['loss_method'])
    own = {name for name in found if name.startswith('online_probe.')}
    assert own == {'online_probe.linear.weight', 'online_probe.linear.bias'}
    assert all(found[name].abs().sum() > 0 for name in own)
    assert set(found) - own == set(expected)
    for name, gradient in expected.items():
        assert torch.equal(found[name], gradient), name


def test_online_probe__its_loss_is_that_of_the_pooled_views():
    model = reconstructing(online_probe=PROBE)
    views, samples = views_and_labels()
    twin = copy.deepcopy(model)  # its batch norms count for themselves
    losses = model(views, samples, mode='loss')
    rows = [twin.backbone(view)[-1].mean((2, 3)) for view in views]
    expected = nn.functional.cross_entropy(
        twin.online_probe.linear(torch.cat(rows)),
        torch.tensor([0, 2, 1, 2, 0, 2, 1, 2]),
    )
    assert losses['probe_loss'].item() == pytest.approx(expected.item())


def test_online_probe__leaves_no_hook_behind():
    model = reconstructing(online_probe=PROBE)
    views, samples = views_and_labels()
    model(views, samples, mode='loss')
    assert not model.backbone._forward_hooks
    with pytest.raises(ValueError, match='no gt_label'):
        model(views, [DataSample()] * 4, mode='loss')
    assert not model.backbone._forward_hooks


@pytest.mark.parametrize('names', [['backbone'], ['backbone.layers.0']])
def test_online_probe__with_checkpointed_blocks(names):
    expected, gradient = gradients(reconstructing(online_probe=PROBE))
    model = reconstructing(online_probe=PROBE)
    checkpoint_blocks(model, names)
    losses, found = gradients(model)
    assert torch.equal(losses['probe_loss'], expected['probe_loss'])
    for name, value in gradient.items():
        assert torch.equal(found[name], value), name


def test_online_probe__with_compiled_parts():
    expected, gradient = gradients(reconstructing(online_probe=PROBE))
    model = reconstructing(online_probe=PROBE)
    parts = compile_parts(model, dict(backend='eager'))
    assert 'online_probe' in parts
    losses, found = gradients(model)
    assert torch.allclose(losses['probe_loss'], expected['probe_loss'])
    for name, value in gradient.items():
        assert torch.allclose(found[name], value, atol=1e-6), name
