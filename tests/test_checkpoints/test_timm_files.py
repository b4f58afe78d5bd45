"""Networks of timm and Microsoft, converted, give the same features."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.models import ResNet, SwinTransformer, VisionTransformer

from mmssl.checkpoints.architectures import identify
from mmssl.checkpoints.layouts import to_layout
from mmssl.checkpoints.timm_files import (
    convert_timm_checkpoint,
    is_timm_checkpoint,
)

TINY = dict(embed_dims=24, depths=[1, 2, 1, 1], num_heads=[1, 2, 3, 4])
VIT = dict(embed_dims=48, num_layers=2, num_heads=4, feedforward_channels=96)


def timm_swin():
    module = pytest.importorskip('timm.models.swin_transformer')
    return module.SwinTransformer(
        img_size=64,
        embed_dim=24,
        depths=(1, 2, 1, 1),
        num_heads=(1, 2, 3, 4),
        window_size=2,
        num_classes=5,
        always_partition=True,
    )


def loud(network):
    generator = torch.Generator().manual_seed(0)
    for tensor in network.state_dict().values():
        noise = torch.randn(tensor.shape, generator=generator)
        tensor.add_(0.1 * noise)
    network.eval()
    return network


def as_microsoft(state):
    """Names of microsoft/Swin-Transformer: the merging ends a stage."""
    index = torch.zeros(4, 4, dtype=torch.int64)
    found = {}
    for key, tensor in state.items():
        words = key.split('.')
        if words[2:3] == ['downsample']:
            words[1] = str(int(words[1]) - 1)
        key = '.'.join(words).replace('head.fc.', 'head.')
        found[key] = tensor
        if key.endswith('bias_table'):
            found[key.replace('bias_table', 'index')] = index
    found['layers.1.blocks.1.attn_mask'] = torch.zeros(1)
    return {'model': found, 'epoch': 300}


def converted_backbone(file, network):
    conversion = convert_timm_checkpoint(file)
    root = 'backbone.'
    assert all(k.startswith(root) for k in conversion.state_dict)
    network.load_state_dict(
        {k[len(root) :]: v for k, v in conversion.state_dict.items()}
    )
    network.eval()
    return conversion, network


@pytest.mark.parametrize('names', ['timm', 'microsoft'])
def test_swin__same_features(names):
    other = loud(timm_swin())
    file = other.state_dict()
    if names == 'microsoft':
        file = as_microsoft(file)
        real = SwinTransformer(TINY, window_size=2).state_dict()
        key = 'stages.0.blocks.0.attn.w_msa.relative_position_index'
        for name in file['model']:
            if name.endswith('position_index'):
                file['model'][name] = real[key]
    assert is_timm_checkpoint(file)
    swin = SwinTransformer(TINY, window_size=2, pad_small_map=True)
    conversion, swin = converted_backbone(file, swin)
    images = torch.randn(2, 3, 64, 64, generator=torch.manual_seed(1))
    with torch.no_grad():
        want = other.forward_features(images).permute(0, 3, 1, 2)
        torch.testing.assert_close(
            swin(images)[-1], want, rtol=1e-4, atol=1e-4
        )
    assert 'head.fc.bias' in conversion.dropped or names == 'microsoft'
    assert 'head.bias' in conversion.dropped or names == 'timm'
    assert conversion.meta['kind'] == 'backbone'


def test_swin__there_and_back():
    """Reordering and renaming undo each other, tensor by tensor."""
    state = loud(timm_swin()).state_dict()
    ours = {
        k[len('backbone.') :]: v
        for k, v in convert_timm_checkpoint(state).state_dict.items()
    }
    back = to_layout(ours, identify(ours), 'timm')
    assert back.keys() == {k for k in state if not k.startswith('head')}
    assert all(torch.equal(back[name], state[name]) for name in back)


def test_vit__class_token():
    module = pytest.importorskip('timm.models.vision_transformer')
    other = loud(
        module.VisionTransformer(
            32,
            8,
            num_classes=3,
            embed_dim=48,
            depth=2,
            num_heads=4,
            mlp_ratio=2,
        )
    )
    vit = VisionTransformer(VIT, img_size=32, patch_size=8)
    conversion, vit = converted_backbone({'model': other.state_dict()}, vit)
    assert conversion.dropped == {
        'head.weight': 'the classifier',
        'head.bias': 'the classifier',
    }
    images = torch.randn(2, 3, 32, 32, generator=torch.manual_seed(1))
    with torch.no_grad():
        want = other.forward_features(images)[:, 0]
        torch.testing.assert_close(vit(images)[0], want, rtol=1e-4, atol=1e-4)


def test_resnet__the_classifier_is_dropped():
    state = dict(ResNet(18).state_dict())
    state['fc.weight'] = torch.ones(1)
    conversion, _ = converted_backbone(state, ResNet(18))
    assert conversion.summary == 'backbone, ResNet-18'
    assert conversion.dropped == {'fc.weight': 'the classifier'}


def test_mistakes__named():
    with pytest.raises(ValueError, match='neither a ViT, a Swin nor a ResNet'):
        convert_timm_checkpoint({'a': torch.ones(1)})
    name = 'encoder.layer.0.attention.attention.query.weight'
    with pytest.raises(ValueError, match='Hugging Face'):
        convert_timm_checkpoint({'state_dict': {name: torch.ones(1)}})
    with pytest.raises(ValueError, match="must be 'auto'"):
        convert_timm_checkpoint({}, 'vit_small')
    state = timm_swin().state_dict()
    odd = {**state, 'layers.0.blocks.0.extra': torch.ones(1)}
    with pytest.raises(ValueError, match=r"timm's names: layers\.0\.blocks"):
        convert_timm_checkpoint(odd)
    text = {**state, 'norm.weight': 'x'}
    with pytest.raises(ValueError, match=r"no tensors: \['norm\.weight'\]"):
        convert_timm_checkpoint(text)
