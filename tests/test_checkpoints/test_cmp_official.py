"""The converter against the published keys and the published outputs.

Weights and inputs are rebuilt from names: each tensor has a generator of its
own, seeded by the crc32 of its name.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmssl.checkpoints.cmp_official import convert_cmp_checkpoint, rename_key
from mmssl.models import CMP
from mmssl.testing.golden import named_input, named_weight

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'
NETS = ('resnet50_plain', 'resnet50_skip', 'alexnet32x_plain')
DILATED = dict(depth=50, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))
SKIP = dict(type='StemResNet', out_indices=(0, 3), **DILATED)


def build(net):
    """The published network of this name."""
    alexnet, skip = net.startswith('alexnet'), net.endswith('skip')
    backbone = dict(type='ResNet', **DILATED)
    if alexnet:
        backbone = dict(type='AlexNetBN', variant='32x')
    elif skip:
        backbone = SKIP
    kind = 'SkipMotionDecoder' if skip else 'PlainMotionDecoder'
    return CMP(
        backbone=backbone,
        neck=dict(
            type='ConvProjection', in_channels=4096 if alexnet else 2048
        ),
        motion_encoder=dict(
            type='MotionEncoder', strides=(2, 2, 8 if alexnet else 2)
        ),
        decoder=dict(type=kind),
        head=dict(type='FlowBinHead', in_channels=64 if skip else 384),
    )


def published_keys(net):
    return json.loads((GOLDEN / f'cmp_{net}_keys.json').read_text())


def published_file(net, make):
    """A checkpoint of the published layout."""
    state = {k: make(k, *v) for k, v in published_keys(net).items()}
    return {'step': 42000, 'state_dict': state, 'optimizer': {}}


def encoder_of(checkpoint):
    """What the published extraction tool saves."""
    prefix = 'module.image_encoder.'
    state = checkpoint['state_dict']
    return {k[len(prefix) :]: v for k, v in state.items() if prefix in k}


def empty(key, shape, dtype):
    return torch.empty(shape, dtype=getattr(torch, dtype), device='meta')


def golden_inputs(net, golden):
    h, w = golden[f'{net}/hw']
    guidance = torch.zeros(2, 4, h, w)
    points, vectors = golden[f'{net}/pts'], golden[f'{net}/vec']
    for i, ((row, column), (u, v)) in enumerate(zip(points, vectors)):
        guidance[i // 6, :, row, column] = torch.tensor([u, v, 1, 1])
    image = named_input(f'v/{net}/image', (2, 3, h, w))
    target = named_input(f'v/{net}/target', (2, 2, h, w)) * 15
    return dict(img=image, guidance=guidance), target


def check_relative(got, expected, limit):
    error = np.abs(got.numpy() - expected).max() / np.abs(expected).max()
    assert error <= limit


@pytest.mark.slow  # 25 million named weights
@pytest.mark.parametrize('net', NETS)
def test_golden__outputs_of_the_published_networks(net):
    checkpoint = published_file(net, named_weight)
    model = build(net).eval()
    model.load_state_dict(convert_cmp_checkpoint(checkpoint).state_dict)
    with np.load(GOLDEN / 'cmp_networks.npz') as golden, torch.no_grad():
        inputs, target = golden_inputs(net, golden)
        encoded = model.neck(model.extract_feat(inputs)[-1])
        logits = model(inputs)
        flow = model.head.decode(logits)
        loss = model.head.loss(logits, target)['loss_flow'].item()
        every = 9 if net.endswith('skip') else 1
        check_relative(encoded, golden[f'{net}/enc'], 1e-4)
        check_relative(logits[:, ::every], golden[f'{net}/out'], 1e-4)
        check_relative(flow, golden[f'{net}/flow'], 1e-4)
        assert loss == pytest.approx(golden[f'{net}/loss'].item(), rel=1e-5)


@pytest.mark.parametrize('net', NETS)
def test_full__every_key_has_its_place(net):
    checkpoint = published_file(net, empty)
    conversion = convert_cmp_checkpoint(checkpoint)
    model = build(net)
    ours = {k: v.shape for k, v in model.state_dict().items()}
    assert {k: v.shape for k, v in conversion.state_dict.items()} == ours
    # Nothing is lost, copied or invented: the same tensors.
    assert conversion.renamed.keys() == checkpoint['state_dict'].keys()
    for old, new in conversion.renamed.items():
        assert conversion.state_dict[new] is checkpoint['state_dict'][old]
    assert conversion.meta == {
        'kind': 'full',
        'arch': net.split('_')[0].replace('32x', ''),
        'decoder': net.split('_')[1],
        'step': 42000,
    }
    assert list(conversion.dropped) == ['optimizer', 'step']


@pytest.mark.parametrize('net', NETS)
def test_encoder__backbone_and_neck_only(net):
    full = published_file(net, empty)
    conversion = convert_cmp_checkpoint(encoder_of(full))
    whole = convert_cmp_checkpoint(full).state_dict
    parts = {k for k in whole if k.split('.')[0] in ('backbone', 'neck')}
    assert set(conversion.state_dict) == parts
    assert conversion.meta['kind'] == 'encoder'
    assert conversion.meta['decoder'] is None
    assert conversion.dropped == {}


def test_encoder__backbone_keys_are_those_of_torchvision():
    full = published_file('resnet50_plain', empty)
    state = convert_cmp_checkpoint(encoder_of(full)).state_dict
    names = {k[len('backbone.') :] for k in state if k.startswith('backbone')}
    assert {'conv1.weight', 'bn1.running_var'} < names
    assert 'layer4.2.bn3.num_batches_tracked' in names
    assert 'layer3.0.downsample.1.weight' in names
    assert len(names) == 318  # a torchvision ResNet-50 without its fc


@pytest.mark.parametrize(
    ('key', 'arch', 'ours'),
    [
        ('module.image_encoder.conv5.bias', 'resnet50', 'neck.conv.bias'),
        ('conv8.weight', 'alexnet', 'neck.conv.weight'),
        ('conv5.0.weight', 'alexnet', 'backbone.conv5.0.weight'),
        ('module.flow_encoder.features.5.running_mean', 'resnet50',
         'motion_encoder.conv2.1.running_mean'),
        ('module.flow_decoder.decoder1.7.weight', 'resnet50',
         'decoder.propagate.branches.pool1.2.1.weight'),
        ('module.flow_decoder.decoder8.7.weight', 'resnet50',
         'decoder.propagate.branches.pool8.2.0.weight'),
        ('module.flow_decoder.skipconv2.1.bias', 'resnet50',
         'decoder.skip_convs.1.1.bias'),
        ('module.flow_decoder.head.bias', 'alexnet', 'head.conv.bias'),
        # No place: a ReLU, a pool, another network, another layer.
        ('module.flow_decoder.decoder1.2.weight', 'resnet50', None),
        ('module.flow_decoder.decoder2.0.weight', 'resnet50', None),
        ('module.flow_encoder.features.2.weight', 'resnet50', None),
        ('module.discriminator.0.weight', 'resnet50', None),
        ('fc.weight', 'resnet50', None),
        ('conv5.0.weight', 'resnet50', None),
    ],
)  # fmt: skip
def test_rename_key(key, arch, ours):
    assert rename_key(key, arch) == ours


def test_unknown_keys__listed():
    checkpoint = published_file('resnet50_plain', empty)
    checkpoint['state_dict']['module.extra.weight'] = torch.zeros(1)
    checkpoint['state_dict']['module.flow_decoder.x'] = torch.zeros(1)
    listed = r'2 keys .*: module.extra.weight, module.flow_decoder.x'
    with pytest.raises(ValueError, match=listed):
        convert_cmp_checkpoint(checkpoint)
    for number in range(6):
        checkpoint['state_dict'][f'module.a{number}.x'] = torch.zeros(1)
    with pytest.raises(ValueError, match=r'8 keys .*a4\.x, \.\.\.$'):
        convert_cmp_checkpoint(checkpoint)


def test_torchvision_resnet__is_not_cmp():
    state = encoder_of(published_file('resnet50_plain', empty))
    state['fc.weight'] = torch.zeros(1)
    with pytest.raises(ValueError, match=r'no place in CMP.*: fc.weight'):
        convert_cmp_checkpoint(state)


def test_other_files__named():
    with pytest.raises(ValueError, match=r"no published CMP .*\['a', 'b'\]"):
        convert_cmp_checkpoint({'b': torch.zeros(1), 'a': torch.zeros(1)})
    with pytest.raises(ValueError, match='none of its 0 keys'):
        convert_cmp_checkpoint({'state_dict': {}})


def test_prefix__twice_the_same_key():
    state = encoder_of(published_file('resnet50_plain', empty))
    state['module.image_encoder.conv5.bias'] = state['conv5.bias']
    with pytest.raises(ValueError, match='both with and without a prefix'):
        convert_cmp_checkpoint(state)


def test_arch__another_than_asked_for():
    state = encoder_of(published_file('resnet50_plain', empty))
    assert convert_cmp_checkpoint(state, 'resnet50').meta['arch'] == 'resnet50'
    with pytest.raises(ValueError, match='holds resnet50, not alexnet'):
        convert_cmp_checkpoint(state, 'alexnet')
    with pytest.raises(ValueError, match='valid: auto, alexnet, resnet50'):
        convert_cmp_checkpoint(state, 'vgg16')
