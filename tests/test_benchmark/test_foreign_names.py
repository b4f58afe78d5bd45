"""torchvision's networks in mm's names: the same features."""

import pytest
import torch
import torchvision

from mmssl.benchmark.foreign_names import ARCHS, from_torchvision
from mmssl.checkpoints.architectures import identify
from mmssl.checkpoints.backbone_configs import mm_config
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.registry import MODELS


@pytest.fixture(scope='module')
def vgg():
    torch.manual_seed(0)
    return torchvision.models.vgg11_bn(weights=None, init_weights=False).eval()


def build(state):
    config = mm_config(identify(state))
    config['type'] = f'mmpretrain.{config["type"]}'
    net = MODELS.build(config)
    net.load_state_dict(state)
    net.eval()  # returns nothing there
    return net


def test_vgg__features_are_equal(vgg):
    state = from_torchvision(vgg.state_dict())
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        mine = build(state)(image)[-1]
        theirs = vgg.features(image)
    torch.testing.assert_close(mine, theirs)


@pytest.mark.slow
def test_swin__features_are_equal():
    torch.manual_seed(0)
    net = torchvision.models.swin_t(weights=None).eval()
    state = from_torchvision(net.state_dict())
    image = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        mine = build(state)(image)[-1]
        theirs = net.norm(net.features(image)).permute(0, 3, 1, 2)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_vit__every_tensor_has_its_place():
    net = torchvision.models.vit_b_32(weights=None)
    state = from_torchvision(net.state_dict(), ['vit_base_32'])
    assert identify(state).options['num_layers'] == 12
    theirs = net.state_dict()
    assert len(state) == sum(not n.startswith('heads') for n in theirs)
    torch.testing.assert_close(
        state['layers.3.attn.qkv.weight'],
        theirs['encoder.layers.encoder_layer_3.self_attention.in_proj_weight'],
    )


def test_arch__another_one_does_not_fit(vgg):
    state = vgg.state_dict()
    with pytest.raises(CheckpointError, match='none of vgg11 has the names'):
        from_torchvision(state, ['vgg11'])
    with pytest.raises(ValueError, match=r"unknown arch 'vgg12'.*swin_b"):
        from_torchvision(state, ['vgg12'])
    with pytest.raises(CheckpointError, match=r'none of swin_base, .*vit'):
        from_torchvision({'stem.weight': torch.ones(1)})
    assert {'vgg16', 'vgg16_bn', 'swin_tiny', 'vit_base_16'} <= set(ARCHS)
