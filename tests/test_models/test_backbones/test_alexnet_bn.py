import pytest
import torch
import torch.nn.functional as F

from mmssl.models.backbones.alexnet_bn import AlexNetBN


@pytest.fixture(scope='module')
def nets():
    made = {v: AlexNetBN(v, out_indices=(0, 1, 2, 3)) for v in ('8x', '32x')}
    for net in made.values():
        net.eval()
    made['8x'].load_state_dict(made['32x'].state_dict())
    return made


def by_hand(net, x, s0, s1, s2, s3):
    """The plan of the published file, in eval with fresh statistics."""

    def block(module, x, stride=1):
        conv, bn = module[0], module[1]
        size = conv.weight.shape[-1]
        x = F.conv2d(x, conv.weight, conv.bias, stride, size // 2)
        return F.relu(
            F.batch_norm(
                x, bn.running_mean, bn.running_var, bn.weight, bn.bias
            )
        )

    c1 = block(net.conv1, x, s0)
    c2 = block(net.conv2, F.max_pool2d(c1, 3, s1, 1))
    c3 = block(net.conv3, F.max_pool2d(c2, 3, s2, 1))
    c5 = block(net.conv5, block(net.conv4, c3))
    return (
        c1,
        c2,
        c5,
        block(net.fc7, block(net.fc6, F.max_pool2d(c5, 3, s3, 1))),
    )


@pytest.mark.parametrize(
    ('variant', 'strides'), [('8x', (2, 2, 2, 1)), ('32x', (4, 2, 2, 2))]
)
def test_forward__published_plan(nets, variant, strides):
    x = torch.randn(1, 3, 70, 64)
    with torch.no_grad():
        got = nets[variant](x)
        expected = by_hand(nets[variant], x, *strides)
    for a, b in zip(got, expected):
        torch.testing.assert_close(a, b)
    stride = int(variant[:-1])
    assert got[3].shape == (1, 4096, -(-70 // stride), -(-64 // stride))


def test_sizes__of_a_384_crop():
    """Facts: 384 -> 96, 48, 24, 24, 12 for the 32x variant."""
    with torch.device('meta'):
        net = AlexNetBN('32x', out_indices=(0, 1, 2, 3))
        maps = net(torch.empty(2, 3, 384, 384))
    assert [m.shape[-1] for m in maps] == [96, 48, 24, 12]
    assert [m.shape[1] for m in maps] == [96, 256, 256, 4096]


def test_keys__those_of_the_published_file():
    with torch.device('meta'):
        keys = set(AlexNetBN().state_dict())
    members = ('weight', 'bias', 'running_mean', 'running_var')
    expected = set()
    for name in ('conv1', 'conv2', 'conv3', 'conv4', 'conv5', 'fc6', 'fc7'):
        expected |= {f'{name}.0.weight', f'{name}.0.bias'}
        expected |= {f'{name}.1.{m}' for m in members}
        expected.add(f'{name}.1.num_batches_tracked')
    assert keys == expected


def test_dropout__in_training_only(nets):
    net = nets['8x']
    x = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(net(x)[3], net(x)[3])
        net.train()
        assert net.dropout.training
        net.eval()


def test_norm__without_batch_statistics():
    with torch.device('meta'):
        net = AlexNetBN(norm_cfg=dict(type='GN', num_groups=32))
    assert not any('running' in key for key in net.state_dict())


def test_variant__listed():
    with pytest.raises(ValueError, match=r'16x.*valid: 32x, 8x'):
        AlexNetBN('16x')


@pytest.mark.parametrize('indices', [(), (4,), (-1,)])
def test_out_indices__known(indices):
    with pytest.raises(ValueError, match='out_indices'):
        AlexNetBN(out_indices=indices)
