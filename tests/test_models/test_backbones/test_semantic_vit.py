import pytest
import torch
import torch.nn.functional as F
from mmpretrain.models import VisionTransformer

from mmssl.models.backbones.semantic_vit import (
    SemanticVisionTransformer,
    stage_ends,
)
from mmssl.registry import MODELS

ARCH = dict(embed_dims=16, num_layers=6, num_heads=2, feedforward_channels=32)


def options(**more):
    return dict(arch=ARCH, img_size=(64, 32), patch_size=8, **more)


def loud(**more):
    """A small network whose lambda is heard at once."""
    torch.manual_seed(0)
    net = MODELS.build(
        dict(type='SemanticVisionTransformer', **options(**more))
    )
    for name, parameter in net.named_parameters():
        if 'semantic_embed' in name or name in ('cls_token', 'pos_embed'):
            torch.nn.init.normal_(parameter)
    return net.eval()


@torch.no_grad()
def test_forward__the_hosts_layers_with_the_controller_between():
    net = loud(out_type='raw', out_indices=[2, 5], semantic_stages=3)
    x, lambdas = torch.randn(2, 3, 64, 32), torch.tensor([0.2, 0.9])
    v = torch.stack((lambdas, 1 - lambdas), dim=1)[:, None]
    tokens = net.patch_embed(x)[0]
    y = torch.cat((net.cls_token.expand(2, -1, -1), tokens), dim=1)
    y = y + net.pos_embed
    expected = []
    for i, layer in enumerate(net.layers):
        y = layer(y)
        expected.append(y)
        if i in (1, 3):  # 6 layers in 3 runs
            scale = F.softplus(net.semantic_embed_w[i // 2](v))
            y = y * scale + net.semantic_embed_b[i // 2](v)
    third, last = net(x, lambdas)
    torch.testing.assert_close(third, expected[2])
    torch.testing.assert_close(last, net.ln1(expected[5]))


@pytest.mark.parametrize(
    'more',
    [
        dict(),
        dict(out_type='featmap', with_cls_token=False),
        dict(out_type='avg_featmap', out_indices=[1, 5], pre_norm=True),
    ],
)
@torch.no_grad()
def test_negative__is_the_hosts_vit(more):
    plain = loud(semantic_weight=-1, **more)
    host = VisionTransformer(**options(**more))
    host.load_state_dict(plain.state_dict())
    host.eval()
    x = torch.randn(2, 3, 96, 48)  # positions are interpolated
    for got, expected in zip(plain(x), host(x)):
        assert torch.equal(got, expected)


def test_gradients__all_but_the_last_layers():
    net = loud(semantic_weight=0.5).train()
    net(torch.randn(2, 3, 64, 32))[0].square().mean().backward()
    missing = {k for k, p in net.named_parameters() if p.grad is None}
    assert missing == {
        f'semantic_embed_{kind}.3.{name}'
        for kind in 'wb'
        for name in ('weight', 'bias')
    }


@pytest.mark.parametrize(
    ('layers', 'stages', 'ends'),
    [
        (12, 4, (2, 5, 8, 11)),
        (8, 4, (1, 3, 5, 7)),
        (6, 4, (0, 2, 3, 5)),
        (5, 1, (4,)),
        (3, 3, (0, 1, 2)),
    ],
)
def test_stage_ends__even(layers, stages, ends):
    assert stage_ends(layers, stages) == ends


@pytest.mark.parametrize('stages', [0, 7])
def test_stage_ends__refused(stages):
    with pytest.raises(ValueError, match=f'6 layers, got {stages}'):
        SemanticVisionTransformer(**options(semantic_stages=stages))
