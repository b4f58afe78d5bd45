import pytest
import torch
import torchvision
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.models import ResNet

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.probes.checkpoint_backbone import (
    backbone_of_checkpoint,
    channels_of,
)
from mmssl.registry import MODELS


def saved(path, state, **meta):
    torch.save(dict(state_dict=state, meta=meta), path)
    return path


def prefixed(prefix, state):
    return {prefix + name: tensor for name, tensor in state.items()}


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmssl'):
        yield


def loaded(found, **changes):
    network = MODELS.build(found.pretrained(**changes))
    network.init_weights()
    return network.state_dict()


def test_torchvision__recognised_and_loaded(tmp_path):
    state = torchvision.models.resnet18().state_dict()
    torch.save(state, tmp_path / 'a.pth')
    found = backbone_of_checkpoint(tmp_path / 'a.pth')
    assert found.config == dict(type='ResNet', depth=18)
    assert (found.prefix, found.name) == ('', 'ResNet-18')
    for name, tensor in loaded(found).items():
        assert torch.equal(tensor, state[name])


def test_pretraining__student_and_teacher(tmp_path):
    student = ResNet(depth=18).state_dict()
    teacher = ResNet(depth=18).state_dict()
    assert not torch.equal(student['conv1.weight'], teacher['conv1.weight'])
    file = saved(
        tmp_path / 'a.pth',
        {
            **prefixed('backbone.', student),
            **prefixed('teacher.backbone.', teacher),
            'neck.fc.weight': torch.ones(1),
        },
    )
    for part, state in (('student', student), ('teacher', teacher)):
        found = backbone_of_checkpoint(file, part)
        assert found.config == dict(type='ResNet', depth=18)
        weight = loaded(found)['conv1.weight']
        assert torch.equal(weight, state['conv1.weight'])


def test_config__that_of_the_checkpoint_goes_before_names(tmp_path):
    """A dilated network has the tensors of a plain one."""
    dilated = dict(
        type='ResNet',
        depth=18,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
    )
    model = dict(backbone=dict(dilated, frozen_stages=2, norm_eval=True))
    file = saved(
        tmp_path / 'a.pth',
        prefixed('backbone.', ResNet(depth=18).state_dict()),
        cfg=Config(dict(model=model)).pretty_text,
    )
    found = backbone_of_checkpoint(file)
    assert found.config == dilated
    assert found.origin == 'the config in the checkpoint'
    given = dict(type='ResNet', depth=18, out_indices=[1, 3])
    found = backbone_of_checkpoint(file, backbone=given)
    assert found.config == given
    assert channels_of(found.random()) == (128, 512)


def test_config__of_a_detector(tmp_path):
    """What mmdet writes: options of training, four outputs, other parts."""
    backbone = dict(
        type='ResNet',
        depth=18,
        num_stages=4,
        out_indices=(0, 1, 2, 3),
        frozen_stages=1,
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=True,
        style='pytorch',
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet18'),
    )
    state = prefixed('backbone.', ResNet(depth=18).state_dict())
    file = saved(
        tmp_path / 'a.pth',
        {**state, 'neck.lateral_convs.0.conv.weight': torch.ones(1)},
        cfg=Config(
            dict(model=dict(type='RetinaNet', backbone=backbone))
        ).pretty_text,
    )
    found = backbone_of_checkpoint(file)
    assert channels_of(found.random()) == (64, 128, 256, 512)
    weight = loaded(found)['layer4.1.conv2.weight']
    assert torch.equal(weight, state['backbone.layer4.1.conv2.weight'])


def test_swin_and_others__by_their_tensors(tmp_path):
    arch = dict(embed_dims=24, depths=(1, 1, 2, 1), num_heads=(1, 2, 4, 8))
    swin = MODELS.build(dict(type='SwinTransformer', arch=arch))
    file = saved(tmp_path / 'a.pth', prefixed('backbone.', swin.state_dict()))
    found = backbone_of_checkpoint(file)
    assert channels_of(found.random()) == (192,)
    assert torch.equal(
        loaded(found)['patch_embed.projection.weight'],
        swin.state_dict()['patch_embed.projection.weight'],
    )
    other = saved(tmp_path / 'b.pth', {'backbone.stem.weight': torch.ones(1)})
    with pytest.raises(CheckpointError, match='--backbone resnet50'):
        backbone_of_checkpoint(other)


def test_pyramid__of_the_part(tmp_path):
    region = dict(
        type='FPNRegions',
        in_channels=(64, 512),
        out_channels=8,
        levels='concat',
    )
    pyramid = MODELS.build(region)
    pyramid.init_weights()
    state = prefixed('teacher.region.', pyramid.state_dict())
    network = prefixed('teacher.backbone.', ResNet(depth=18).state_dict())
    file = saved(tmp_path / 'a.pth', {**state, **network})
    found = backbone_of_checkpoint(file, 'teacher')
    weights, channels = found.pretrained_fpn()
    assert channels == 8
    other = MODELS.build(dict(region, init_cfg=weights))
    other.init_weights()
    for name, tensor in pyramid.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])
    plain = saved(tmp_path / 'b.pth', network)
    with pytest.raises(CheckpointError, match='no feature pyramid of ours'):
        backbone_of_checkpoint(plain, 'teacher').pretrained_fpn()


def test_errors(tmp_path):
    file = saved(
        tmp_path / 'a.pth', prefixed('backbone.', ResNet(18).state_dict())
    )
    with pytest.raises(CheckpointError, match='has no teacher'):
        backbone_of_checkpoint(file, 'teacher')
    with pytest.raises(ValueError, match=r"part must be .* got 'both'"):
        backbone_of_checkpoint(file, 'both')
    with pytest.raises(FileNotFoundError):
        backbone_of_checkpoint(tmp_path / 'no.pth')


def test_lambda__another_default(tmp_path):
    cfg = dict(type='SemanticResNet', depth=18, base_channels=4)
    net = MODELS.build(dict(cfg))
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    net.eval()
    file = saved(tmp_path / 'a.pth', prefixed('backbone.', net.state_dict()))
    found = backbone_of_checkpoint(file, backbone=cfg)
    assert found.at_lambda(None) is found
    half = MODELS.build(found.at_lambda(0.5).pretrained())
    half.init_weights()
    half.eval()
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(half(x)[0], net(x, 0.5)[0])
        assert not torch.allclose(half(x)[0], net(x)[0])
    with pytest.raises(ValueError, match='got 2'):
        found.at_lambda(2)


@pytest.mark.parametrize(
    'cfg',
    [
        dict(type='ResNet', depth=18),
        dict(type='SemanticResNet', depth=18, semantic_weight=-1),
    ],
)
def test_lambda__not_of_a_plain_backbone(tmp_path, cfg):
    state = ResNet(depth=18).state_dict()
    file = saved(tmp_path / 'a.pth', prefixed('backbone.', state))
    found = backbone_of_checkpoint(file, backbone=cfg)
    with pytest.raises(CheckpointError, match='takes no lambda'):
        found.at_lambda(0.5)
