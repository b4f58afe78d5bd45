"""The projector is the host's, and takes no rows too."""

import pytest
import torch
from mmpretrain.models.necks import NonLinearNeck as HostNeck

from mmssl.models.necks import NonLinearNeck
from mmssl.registry import MODELS

VARIANTS = [
    dict(num_layers=2, with_bias=True, with_last_bn=False),
    dict(num_layers=3, with_last_bn=True, with_last_bn_affine=False),
]


@pytest.mark.parametrize('variant', VARIANTS)
@pytest.mark.parametrize('pool', [True, False])
def test_rows__as_the_hosts(variant, pool):
    cfg = dict(in_channels=4, hid_channels=6, out_channels=3, **variant)
    cfg.update(with_avg_pool=pool, norm_cfg=dict(type='BN1d'))
    ours, host = NonLinearNeck(**cfg), HostNeck(**cfg)
    host.load_state_dict(ours.state_dict())
    x = torch.randn(5, 4, 3, 2) if pool else torch.randn(5, 4)
    assert torch.equal(ours((x,))[0], host((x,))[0])
    for a, b in zip(ours.buffers(), host.buffers()):
        assert torch.equal(a, b)


@pytest.mark.parametrize('norm', ['BN1d', 'LN', 'GN'])
@pytest.mark.parametrize('variant', VARIANTS)
def test_no_rows__gradients_of_zero_and_statistics_as_before(variant, norm):
    norm_cfg = dict(type=norm, **dict(num_groups=3) if norm == 'GN' else {})
    if norm == 'LN':
        variant = dict(variant, with_last_bn=False)
    if norm == 'GN':
        variant = dict(variant, with_last_bn_affine=True)
    neck = MODELS.build(
        dict(
            type='NonLinearNeck',
            in_channels=4,
            hid_channels=6,
            out_channels=3,
            with_avg_pool=False,
            norm_cfg=norm_cfg,
            **variant,
        )
    )
    assert type(neck) is NonLinearNeck
    before = {n: b.clone() for n, b in neck.named_buffers()}
    neck((torch.zeros(0, 4),))[0].sum().backward()
    for name, parameter in neck.named_parameters():
        assert parameter.grad is not None, name
        assert not parameter.grad.any(), name
    for name, buffer in neck.named_buffers():
        if buffer.is_floating_point():
            assert torch.equal(buffer, before[name]), name


def test_inputs__exactly_one():
    neck = NonLinearNeck(4, 6, 3)
    with pytest.raises(ValueError, match='takes 1 tensor, got 2'):
        neck((torch.zeros(1, 4),) * 2)


def test_inputs__of_as_many_channels_as_the_config_says():
    neck = NonLinearNeck(4, 6, 3, with_avg_pool=False)
    with pytest.raises(ValueError, match=r'7 channels.*4: set in_channels=7'):
        neck((torch.zeros(2, 7),))
