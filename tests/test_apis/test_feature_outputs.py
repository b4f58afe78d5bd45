import pytest
import torch
from mmpretrain.models import VisionTransformer
from torch import nn

from mmssl.apis.feature_outputs import OutputReader

ARCH = dict(embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32)


def test_reader__maps_of_a_stage():
    maps = torch.rand(2, 3, 8, 4), torch.rand(2, 5, 4, 2).half()
    last = OutputReader(nn.Identity())(maps, (64, 32))
    assert last.dense.dtype == last.pooled.dtype == torch.float32
    torch.testing.assert_close(last.dense, maps[1].float())
    torch.testing.assert_close(last.pooled, maps[1].float().mean((2, 3)))
    first = OutputReader(nn.Identity(), 0)(maps, (64, 32))
    torch.testing.assert_close(first.dense, maps[0])
    with pytest.raises(ValueError, match='stage 5'):
        OutputReader(nn.Identity(), 5)(maps, (64, 32))


def test_reader__vectors_and_tokens_of_unknown_places():
    rows = torch.rand(2, 7)
    found = OutputReader(nn.Identity())((rows,), (64, 32))
    assert found.dense is None
    torch.testing.assert_close(found.pooled, rows)
    tokens = torch.rand(2, 6, 7)
    found = OutputReader(nn.Identity())(tokens, (64, 32))
    assert found.dense is None
    torch.testing.assert_close(found.pooled, tokens.mean(1))


@pytest.mark.parametrize('hw', [(64, 32), (80, 48)])
@pytest.mark.parametrize(
    ('kind', 'class_token'),
    [
        *(('cls_token', True), ('avg_featmap', True), ('featmap', True)),
        *(('avg_featmap', False), ('featmap', False), ('raw', True)),
    ],
)
def test_reader__vision_transformer(kind, class_token, hw):
    net = VisionTransformer(
        ARCH,
        img_size=(64, 32),
        out_type=kind,
        with_cls_token=class_token,
    )
    net.eval()
    images = torch.rand(2, 3, *hw)
    with torch.no_grad():
        plain = net(images)[0]
        found = OutputReader(net)(net_outputs(net, images), hw)
        net.out_type = 'featmap'
        maps = net(images)[0]
    expected = plain
    if kind == 'featmap':
        expected = plain.mean((2, 3))
    elif kind == 'raw':
        expected = plain[:, 0]
    torch.testing.assert_close(found.pooled, expected)
    torch.testing.assert_close(found.dense, maps)


def net_outputs(net, images):
    OutputReader(net)  # asks for all tokens
    return net(images)


def test_reader__tokens_that_fill_no_map():
    net = VisionTransformer(ARCH, img_size=(64, 32))
    reader = OutputReader(net)
    with pytest.raises(ValueError, match='7 tokens of VisionTransformer'):
        reader((torch.rand(1, 8, 16),), (64, 32))
