import pytest

from mmssl.pretraining.backbones import find_backbone
from mmssl.pretraining.data_folder import PretrainError


@pytest.mark.parametrize(
    ('name', 'kind', 'channels', 'stride'),
    [
        ('resnet18', 'ResNet', 512, 32),
        ('MobileNetV2', 'MobileNetV2', 1280, 32),
        pytest.param('vgg11', 'VGG', 512, 16, marks=pytest.mark.slow),
        pytest.param(
            'swin-tiny', 'SwinTransformer', 768, 32, marks=pytest.mark.slow
        ),
        pytest.param(
            'vit_small', 'VisionTransformer', 768, 16, marks=pytest.mark.slow
        ),
        pytest.param(
            'convnext_tiny', 'ConvNeXt', 768, 32, marks=pytest.mark.slow
        ),
    ],
)
def test_find_backbone__maps(name, kind, channels, stride):
    found = find_backbone(name, 64)
    assert found.config['type'] == kind
    assert (found.channels, found.stride) == (channels, stride)
    assert found.is_resnet == (kind == 'ResNet')


def test_find_backbone__config_and_published_stride():
    small = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)
    assert find_backbone(small, 64).stride == 32
    found = find_backbone(small, 64, dilated=True)
    assert (found.channels, found.stride) == (64, 8)
    assert found.config['dilations'] == (1, 1, 2, 4)
    assert 'dilations' not in small


@pytest.mark.slow
def test_find_backbone__of_mmpretrains_models():
    found = find_backbone('resnet18_8xb32_in1k', 64)
    assert found.config['depth'] == 18
    assert (found.channels, found.stride) == (512, 32)
    with pytest.raises(
        PretrainError, match=r"unknown backbone 'resnet18_8x'.*close: resnet18"
    ):
        find_backbone('resnet18_8x', 64)


def test_find_backbone__that_give_no_map():
    with pytest.raises(PretrainError, match='no map of a whole stride'):
        find_backbone(
            dict(
                type='VisionTransformer',
                arch='deit-tiny',
                img_size=64,
                out_type='cls_token',
            ),
            64,
        )
    with pytest.raises(PretrainError, match=r'cannot be built.*depth 17'):
        find_backbone(dict(type='ResNet', depth=17), 64)
    with pytest.raises(PretrainError, match='needs a type'):
        find_backbone(dict(depth=18), 64)
