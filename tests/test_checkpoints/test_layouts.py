"""The renamed tensors give the same features in the other library."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.models import (
    VGG,
    ResNet,
    SwinTransformer,
    VisionTransformer,
)
from torch import nn

from mmssl.checkpoints.architectures import identify
from mmssl.checkpoints.export_targets import HEADS
from mmssl.checkpoints.layouts import (
    concatenated_to_unfold,
    to_layout,
    unfold_to_concatenated,
)
from mmssl.checkpoints.load_report import load_into
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.models.backbones import AlexNetBN, SemanticSwinTransformer

TINY = dict(embed_dims=24, depths=[2, 1, 2, 1], num_heads=[1, 2, 3, 4])


def randomised(model: nn.Module) -> nn.Module:
    """Give every tensor values that no permutation leaves alone."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if tensor.ndim > 1:
            fan_in = tensor[0].numel()
            tensor.copy_(noise * (2 / fan_in) ** 0.5)
        elif name.endswith('running_var') or 'weight' in name:
            tensor.copy_(1 + 0.2 * noise.clamp(-2, 2))
        else:
            tensor.copy_(0.1 * noise)
    model.eval()  # mmpretrain's Swin returns None
    return model


def moved(model: nn.Module, other: nn.Module, layout: str) -> nn.Module:
    """Load a model's tensors into its twin, all of them."""
    state = model.state_dict()
    renamed = to_layout(state, identify(state), layout)
    report = load_into(other, renamed, min_matched=1.0, optional=HEADS)
    assert report.unexpected == ()
    return other.eval()


def assert_same_features(got, want):
    scale = want.abs().max()
    torch.testing.assert_close(got / scale, want / scale, rtol=0, atol=1e-4)


def torchvision_features(model, images):
    if hasattr(model, 'features'):  # VGG or Swin
        features = model.features(images)
        if hasattr(model, 'norm'):
            features = model.norm(features).permute(0, 3, 1, 2)
        return features
    layers = list(model.children())[:-2]
    return nn.Sequential(*layers)(images)


def timm_features(model, images):
    features = model.forward_features(images)
    if features.shape[-1] != features.shape[-2]:  # Swin: channels last
        features = features.permute(0, 3, 1, 2)
    return features


def twin(layout: str, name: str) -> nn.Module:
    if layout == 'torchvision':
        models = pytest.importorskip('torchvision.models')
        return getattr(models, name)(weights=None)
    timm = pytest.importorskip('timm')
    if name.startswith('swin'):
        name = 'swin_tiny_patch4_window7_224'
    return timm.create_model(name, num_classes=0)


def check(model: nn.Module, layout: str, name: str, size: int) -> None:
    randomised(model)
    images = torch.randn(2, 3, size, size, generator=torch.manual_seed(1))
    other = moved(model, twin(layout, name), layout)
    look = timm_features if layout == 'timm' else torchvision_features
    with torch.no_grad():
        assert_same_features(look(other, images), model(images)[-1])


@pytest.mark.parametrize('layout', ['timm', 'torchvision'])
@pytest.mark.parametrize('depth', [18, 50])
def test_resnet__same_features(layout, depth):
    check(ResNet(depth), layout, f'resnet{depth}', 64)


@pytest.mark.slow
@pytest.mark.parametrize('layout', ['timm', 'torchvision'])
@pytest.mark.parametrize(('name', 'depth'), [('vgg16', 16), ('vgg11_bn', 11)])
def test_vgg__same_features(layout, name, depth):
    norm = dict(type='BN') if name.endswith('bn') else None
    check(VGG(depth, norm_cfg=norm), layout, name, 64)


@pytest.mark.slow
@pytest.mark.parametrize('layout', ['timm', 'torchvision'])
def test_swin_tiny__same_features(layout):
    check(SwinTransformer('tiny'), layout, 'swin_t', 224)


@pytest.mark.parametrize('layout', ['timm', 'torchvision'])
def test_small_swin__same_features(layout):
    model = SwinTransformer(arch=TINY, img_size=64, window_size=2)
    if layout == 'timm':
        module = pytest.importorskip('timm.models.swin_transformer')
        other = module.SwinTransformer(
            img_size=64,
            embed_dim=24,
            depths=(2, 1, 2, 1),
            num_heads=(1, 2, 3, 4),
            window_size=2,
            num_classes=0,
        )
    else:
        module = pytest.importorskip('torchvision.models.swin_transformer')
        other = module.SwinTransformer(
            [4, 4], 24, [2, 1, 2, 1], [1, 2, 3, 4], [2, 2]
        )
    moved(randomised(model), other, layout)
    images = torch.randn(2, 3, 64, 64, generator=torch.manual_seed(1))
    look = timm_features if layout == 'timm' else torchvision_features
    with torch.no_grad():
        assert_same_features(look(other, images), model(images)[-1])


def test_patch_merging__order_by_hand():
    """Channel c, row r, column s: 4c + 2r + s becomes (2s + r) C + c."""
    state = SwinTransformer(arch=TINY, img_size=64, window_size=2).state_dict()
    width = 24
    state['stages.0.downsample.norm.weight'] = torch.arange(4.0 * width)
    new = to_layout(state, identify(state), 'timm')
    for c in (0, 1, 23):
        for r in (0, 1):
            for s in (0, 1):
                at = (2 * s + r) * width + c
                value = new['layers.1.downsample.norm.weight'][at]
                assert value == 4 * c + 2 * r + s


def test_mm__is_left_alone():
    state = SwinTransformer(arch=TINY, img_size=64, window_size=2).state_dict()
    assert to_layout(state, identify(state), 'mm') == state


def test_swin__norms_of_earlier_outputs_are_left_out():
    model = SwinTransformer(
        arch=TINY, img_size=64, window_size=2, out_indices=(0, 3)
    )
    state = model.state_dict()
    new = to_layout(state, identify(state), 'timm')
    assert {'norm.weight', 'norm.bias'} == {n for n in new if n[:4] == 'norm'}
    assert new['norm.weight'] is state['norm3.weight']


def test_no_twin__clear_errors():
    alexnet = AlexNetBN('8x').state_dict()
    with pytest.raises(
        CheckpointError,
        match=r'AlexNet .* no twin in torchvision; .*resnet, swin, vgg, vit',
    ):
        to_layout(alexnet, identify(alexnet), 'torchvision')
    with pytest.raises(ValueError, match="mm, timm, torchvision, got 'keras'"):
        to_layout({}, identify({}), 'keras')


def test_bias_in_the_patch_merging__goes_into_the_norm():
    """timm has no place for it; the features stay."""
    module = pytest.importorskip('timm.models.swin_transformer')
    model = SwinTransformer(
        arch=TINY,
        img_size=64,
        window_size=2,
        stage_cfgs=dict(downsample_cfg=dict(bias=True)),
    )
    other = module.SwinTransformer(
        img_size=64,
        embed_dim=24,
        depths=(2, 1, 2, 1),
        num_heads=(1, 2, 3, 4),
        window_size=2,
        num_classes=0,
    )
    moved(randomised(model), other, 'timm')
    assert model.state_dict()['stages.0.downsample.reduction.bias'].any()
    images = torch.randn(2, 3, 64, 64, generator=torch.manual_seed(1))
    with torch.no_grad():
        assert_same_features(timm_features(other, images), model(images)[-1])


VIT = dict(embed_dims=48, num_layers=3, num_heads=4, feedforward_channels=96)


@pytest.mark.parametrize('layout', ['timm', 'torchvision'])
def test_vit__same_class_token(layout):
    model = VisionTransformer(VIT, img_size=32, patch_size=8)
    if layout == 'timm':
        module = pytest.importorskip('timm.models.vision_transformer')
        other = module.VisionTransformer(
            32, 8, num_classes=0, embed_dim=48, depth=3, num_heads=4,
            mlp_ratio=2,
        )  # fmt: skip
    else:
        module = pytest.importorskip('torchvision.models')
        other = module.VisionTransformer(32, 8, 3, 4, 48, 96)
        other.heads = nn.Identity()
    moved(randomised(model), other, layout)
    images = torch.randn(2, 3, 32, 32, generator=torch.manual_seed(1))
    with torch.no_grad():
        assert_same_features(other(images), model(images)[-1])


def test_vit__of_a_person_in_timm():
    """Rows and columns of patches keep their places."""
    module = pytest.importorskip('timm.models.vision_transformer')
    model = VisionTransformer(VIT, img_size=(64, 32), patch_size=8)
    other = module.VisionTransformer(
        (64, 32), 8, num_classes=0, embed_dim=48, depth=3, num_heads=4,
        mlp_ratio=2,
    )  # fmt: skip
    moved(randomised(model), other, 'timm')
    images = torch.randn(2, 3, 64, 32, generator=torch.manual_seed(1))
    with torch.no_grad():
        assert_same_features(other(images), model(images)[-1])


def test_no_place__vit_without_class_token_and_lambda():
    state = VisionTransformer(
        VIT, 32, 8, with_cls_token=False, out_type='avg_featmap'
    ).state_dict()
    state = {k: v for k, v in state.items() if not k.startswith('ln2')}
    with pytest.raises(CheckpointError, match='has a class token'):
        to_layout(state, identify(state), 'torchvision')
    state = SemanticSwinTransformer(TINY).state_dict()
    with pytest.raises(CheckpointError, match=r'lambda .*--semantic-weight'):
        to_layout(state, identify(state), 'timm')


@pytest.mark.parametrize('shape', [(96,), (5, 96)])
def test_patch_merging__there_and_back(shape):
    values = torch.arange(float(torch.tensor(shape).prod())).reshape(shape)
    there = unfold_to_concatenated(values)
    assert not torch.equal(there, values)
    assert torch.equal(concatenated_to_unfold(there), values)
