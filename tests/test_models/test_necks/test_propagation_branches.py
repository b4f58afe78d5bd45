import pytest
import torch
import torch.nn.functional as F

from mmssl.models.necks.propagation_branches import PropagationBranches


def test_forward__stages():
    net = PropagationBranches(
        3, 4, (1, 2, 4), 2, norm_cfg=dict(type='GN', num_groups=2)
    )
    x = torch.randn(2, 3, 9, 11)
    maps = []
    for k in (1, 2, 4):
        y = F.max_pool2d(x, k, k)
        for block in net.branches[f'pool{k}']:
            y = F.conv2d(y, block[0].weight, block[0].bias, padding=1)
            y = F.relu(F.group_norm(y, 2, block[1].weight, block[1].bias))
        maps.append(
            F.interpolate(y, (9, 11), mode='bilinear', align_corners=True)
        )
    torch.testing.assert_close(net(x), torch.cat(maps, 1))
    assert net.out_channels == 12


@pytest.mark.parametrize('pools', [(), (1, 1), (0, 2)])
def test_pools__different_and_positive(pools):
    with pytest.raises(ValueError, match='pools must be different'):
        PropagationBranches(3, 4, pools, 1, None)


def test_forward__map_smaller_than_a_pool():
    net = PropagationBranches(3, 4, (1, 8), 1, None)
    with pytest.raises(ValueError, match=r'6x9 cells.*largest pool, 8'):
        net(torch.zeros(1, 3, 6, 9))
