import numpy as np
import pytest
import torch
from torch import nn

from mmssl.utils.semantic_weight import (
    check_semantic_weight,
    semantic_backbones,
    semantic_weight_of,
)


class Scaled(nn.Module):
    """The smallest thing that takes a lambda."""

    def __init__(self, semantic_weight, accepts=True):
        super().__init__()
        self.semantic_weight = semantic_weight
        self.accepts_semantic_weight = accepts

    def forward(self, x):
        return x * self.semantic_weight


@pytest.mark.parametrize('value', [0, 1, 0.25, np.float32(0.25), np.int64(1)])
def test_check__numbers(value):
    got = check_semantic_weight(value)
    assert type(got) is float
    assert got == value


@pytest.mark.parametrize('value', [-0.01, 1.5, float('nan'), 'a', None])
def test_check__names_value_and_range(value):
    with pytest.raises(ValueError, match=r'in \[0, 1\].*got ') as error:
        check_semantic_weight(value)
    assert repr(value) in str(error.value)


def test_backbones__below_anything():
    inner, plain = Scaled(0.1), Scaled(-1.0, accepts=False)
    model = nn.Sequential(nn.ModuleDict(dict(a=inner, b=plain)), Scaled(0.2))
    assert semantic_backbones(model) == [inner, model[1]]
    assert semantic_backbones(inner) == [inner]


def test_context__each_backbone_and_back_again():
    model = nn.Sequential(Scaled(0.5), Scaled(0.25))
    x = torch.ones(1)
    with semantic_weight_of(model, 1) as same:
        assert same is model
        assert float(model(x)) == 1
        with semantic_weight_of(model, 0.5):
            assert float(model(x)) == 0.25
        assert float(model(x)) == 1
    assert float(model(x)) == 0.125


def test_context__restores_after_an_error():
    model = Scaled(0.5)
    with pytest.raises(RuntimeError), semantic_weight_of(model, 1.0):
        raise RuntimeError
    assert model.semantic_weight == 0.5


def test_context__none_changes_nothing():
    with semantic_weight_of(nn.Linear(1, 1), None) as model:
        assert isinstance(model, nn.Linear)


def test_context__bad_value_changes_nothing():
    model = Scaled(0.5)
    with pytest.raises(ValueError, match='got 2'):
        with semantic_weight_of(model, 2):
            pass
    assert model.semantic_weight == 0.5


@pytest.mark.parametrize('model', [nn.Linear(1, 1), Scaled(-1, False)])
def test_context__plain_network_is_refused(model):
    with pytest.raises(ValueError, match=r'0\.5.*without a semantic backbone'):
        with semantic_weight_of(model, 0.5):
            pass
