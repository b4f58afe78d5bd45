import pytest
import torch
from mmpretrain.registry import MODELS as HOST

from mmssl.probes.pooling import pool_outputs


def test_pool_outputs__means_by_hand():
    maps = torch.arange(24.0).reshape(2, 3, 2, 2)
    assert pool_outputs(maps).tolist() == [
        [1.5, 5.5, 9.5],
        [13.5, 17.5, 21.5],
    ]
    tokens = torch.tensor([[[1.0, 4.0], [3.0, 8.0]]])  # 1 image, 2 tokens
    assert pool_outputs([maps, tokens]).tolist() == [[2.0, 6.0]]
    vectors = torch.tensor([[1.0, 2.0]])
    assert torch.equal(pool_outputs(vectors), vectors)


def test_pool_outputs__float32_whatever_comes():
    # in float16 the sum of 64 x 2048 would be inf
    maps = torch.full((1, 1, 8, 8), 2048.0, dtype=torch.float16)
    pooled = pool_outputs((maps,))
    assert pooled.dtype == torch.float32
    assert pooled.item() == 2048.0


def test_pool_outputs__keeps_the_graph():
    maps = torch.ones(1, 2, 2, 2, requires_grad=True)
    pool_outputs(maps).sum().backward()
    assert (maps.grad == 0.25).all()


@pytest.mark.parametrize(
    ('config', 'channels'),
    [
        (dict(type='ResNet', depth=18), 512),
        (dict(type='SwinTransformer', arch='tiny', pad_small_map=True), 768),
        (dict(type='VisionTransformer', arch='deit-t', img_size=64), 192),
        (
            dict(
                type='VisionTransformer',
                arch='deit-t',
                img_size=64,
                out_type='featmap',
            ),
            192,
        ),
        (
            dict(
                type='VisionTransformer',
                arch='deit-t',
                img_size=64,
                out_type='raw',
            ),
            192,
        ),
    ],
    ids=['resnet', 'swin', 'vit cls', 'vit map', 'vit tokens'],
)
def test_pool_outputs__backbones_of_mmpretrain(config, channels):
    backbone = HOST.build(config)
    backbone.eval()
    with torch.no_grad():
        outputs = backbone(torch.randn(2, 3, 64, 64))
    pooled = pool_outputs(outputs)
    assert pooled.shape == (2, channels)
    last = outputs[-1].numpy()
    axes = tuple(
        i for i, n in enumerate(last.shape) if i > 0 and n != channels
    )
    assert abs(pooled.numpy() - last.mean(axis=axes)).max() < 1e-5


def test_pool_outputs__what_does_not_fit():
    maps = (torch.zeros(1, 2, 3, 3),)
    with pytest.raises(ValueError, match=r'stage 1 .* in -1 .. 0'):
        pool_outputs(maps, 1)
    with pytest.raises(TypeError, match='got dict'):
        pool_outputs({'x': maps})
    with pytest.raises(ValueError, match=r'got shape \(3,\)'):
        pool_outputs(torch.zeros(3))
