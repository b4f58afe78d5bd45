import pytest
import torch
from torch import nn

from mmssl.models.utils.frozen import (
    check_statistics,
    freeze_,
    set_frozen_mode_,
)


def network():
    return nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.ReLU()
    )


def test_freeze__nothing_is_trained():
    net = network()
    assert freeze_(net) is net
    assert not [p for p in net.parameters() if p.requires_grad]


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('statistics', ['batch', 'running'])
def test_mode__of_each_part(training, statistics):
    net = set_frozen_mode_(network(), training, statistics)
    batch = training and statistics == 'batch'
    assert [part.training for part in net] == [False, batch, False, False]
    before = net[1].running_mean.clone()
    x = torch.randn(8, 3, 5, 5) + 2
    inner = net[0](x)
    expected = before
    if batch:  # momentum 0.1
        expected = 0.9 * before + 0.1 * inner.mean((0, 2, 3))
    net(x)
    torch.testing.assert_close(net[1].running_mean, expected)


def test_mode__unknown_statistics():
    with pytest.raises(ValueError, match="one of batch, running, got 'own'"):
        check_statistics('own')
    with pytest.raises(ValueError, match="got 'own'"):
        set_frozen_mode_(network(), True, 'own')
