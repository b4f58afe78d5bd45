"""What an exported file says of itself."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.models import ResNet

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import random_like, read_exported
from mmssl.downstream.job_spec import BackboneSpec
from mmssl.models.backbones import SemanticSwinTransformer

ARCH = dict(embed_dims=12, depths=[1, 1, 1], num_heads=[1, 1, 2])


def read(file, config=None):
    return read_exported(BackboneSpec('a', str(file), config))


def test_read__a_resnet(resnet18):
    found = read(resnet18)
    assert found.config == dict(type='ResNet', depth=18)
    assert (found.name, found.kind, found.prefix) == (
        'ResNet-18',
        'ResNet',
        '',
    )
    assert set(found.state) == set(ResNet(18).state_dict())
    assert found.init_cfg() == dict(
        type='Pretrained', checkpoint=str(resnet18)
    )
    assert found.pixels['mean'] == [123.675, 116.28, 103.53]


def test_read__a_folded_swin_with_other_strides(export):
    net = SemanticSwinTransformer(ARCH, strides=(4, 2, 1), out_indices=(2,))
    given = dict(type='SemanticSwinTransformer', arch=ARCH, strides=(4, 2, 1))
    given.update(out_indices=(2,))
    file = export(net, semantic_weight=0.5, config=config_of(given))
    found = read(file)
    assert (found.kind, found.strides) == ('SwinTransformer', (4, 2, 1))
    assert found.prefix == 'backbone.'
    assert found.init_cfg()['prefix'] == 'backbone.'
    assert not any(name.startswith('backbone.') for name in found.state)
    twin = random_like(file, 'random')
    assert (twin.name, twin.file) == ('random', None)
    again = read_exported(twin)
    assert (again.config, again.strides) == (found.config, found.strides)
    assert again.init_cfg() is None


def config_of(backbone):
    from mmengine.config import Config

    return Config(dict(model=dict(type='SOLIDER', backbone=backbone)))


def test_read__safetensors_has_its_meta_beside(export):
    pytest.importorskip('safetensors')
    found = read(export(ResNet(18), 'backbone.safetensors'))
    assert found.config == dict(type='ResNet', depth=18)
    assert found.pixels is not None


def test_read__the_given_config_counts_more(resnet18):
    given = dict(type='ResNet', depth=18, dilations=[1, 1, 2, 4])
    assert read(resnet18, given).config == given


def test_read__a_detector_that_someone_trained(tmp_path):
    """Its backbone is taken, the rest left."""
    state = {f'backbone.{k}': v for k, v in ResNet(18).state_dict().items()}
    torch.save(
        dict(state_dict={**state, 'neck.a': torch.ones(1)}),
        tmp_path / 'a.pth',
    )
    found = read(tmp_path / 'a.pth')
    assert (found.name, found.prefix) == ('ResNet-18', 'backbone.')
    assert 'neck.a' not in found.state


@pytest.mark.parametrize(
    ('content', 'text'),
    [
        ({'neck.a': torch.ones(1), 'head.b': torch.ones(1)}, 'head, neck'),
        ({'epoch': 3}, 'no tensors'),
        ([1, 2], 'no checkpoint'),
    ],
)
def test_read__no_backbone(tmp_path, content, text):
    torch.save(content, tmp_path / 'a.pth')
    with pytest.raises(HandOffError, match=text) as caught:
        read(tmp_path / 'a.pth')
    assert caught.value.kind == 'checkpoint'


def test_read__no_file(tmp_path):
    with pytest.raises(HandOffError, match='there is no checkpoint'):
        read(tmp_path / 'a.pth')


def test_random__of_an_unknown_network(tmp_path):
    torch.save({'net.a': torch.ones(1)}, tmp_path / 'a.pth')
    with pytest.raises(HandOffError, match='does not say what network'):
        random_like(tmp_path / 'a.pth')
