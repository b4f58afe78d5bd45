import pytest
import torch
from mmengine.config import Config
from mmpretrain.models import ResNet

from mmssl.apis.feature_backbone import IMAGENET, load_backbone
from mmssl.checkpoints.pickle_globals import CheckpointError


def saved(path, prefix='', **entries):
    torch.manual_seed(5)
    state = ResNet(18).state_dict()
    named = {prefix + name: value for name, value in state.items()}
    torch.save(dict(state_dict=named, **entries), path)
    return state


def test_load__recognised_by_its_tensors(tmp_path):
    state = saved(tmp_path / 'backbone.pth')
    found = load_backbone(None, tmp_path / 'backbone.pth')
    assert (found.name, found.part) == ('ResNet-18', 'student')
    assert not found.module.training
    for name, value in found.module.state_dict().items():
        assert torch.equal(value, state[name])
    assert found.pixels.mean.flatten().tolist() == pytest.approx(
        IMAGENET['mean']
    )


def test_load__pixels_of_the_model_or_given(tmp_path):
    net = dict(type='ResNet', depth=18, frozen_stages=1, norm_eval=True)
    own = dict(mean=[10, 20, 30], std=[1, 2, 3], type='X')
    config = Config(
        dict(model=dict(type='A', backbone=net, data_preprocessor=own))
    )
    found = load_backbone(config, None)
    assert found.pixels.std.flatten().tolist() == [1, 2, 3]
    given = dict(mean=[0, 0, 0], std=[9, 9, 9])
    found = load_backbone(config, None, pixels=given)
    assert found.pixels.std.flatten().tolist() == [9, 9, 9]
    with pytest.raises(ValueError, match=r'dict\(mean=\(r, g, b\)'):
        load_backbone(config, None, pixels=dict(mean=[1, 2, 3]))


def test_load__not_a_backbone(tmp_path):
    path = tmp_path / 'other.pth'
    torch.save(dict(state_dict={'fc.weight': torch.ones(2, 2)}), path)
    with pytest.raises(CheckpointError, match='not recognised'):
        load_backbone(None, path)
