"""Cross-entropy over positions."""

import math

import pytest
import torch

pytest.importorskip('mmdet')
from mmssl.downstream.detection.keypoint_loss import keypoint_loss

pytestmark = pytest.mark.downstream


def case(dtype=torch.float32):
    maps = torch.randn(3, 4, 5, 5, dtype=dtype) * 2
    index = torch.randint(0, 25, (3, 4))
    valid = torch.rand(3, 4) < 0.6
    valid[0, 0] = True
    return maps, index, valid


def by_loops(maps, index, valid):
    total, count = 0.0, 0
    for n in range(len(maps)):
        for k in range(maps.shape[1]):
            if not valid[n, k]:
                continue
            cells = [v for row in maps[n, k].tolist() for v in row]
            largest = max(cells)
            log_sum = largest + math.log(
                sum(math.exp(v - largest) for v in cells)
            )
            total += log_sum - cells[index[n, k]]
            count += 1
    return total / count


def test_loss__equals_loops():
    maps, index, valid = case(torch.float64)
    loss = keypoint_loss(maps, index, valid)
    assert loss.item() == pytest.approx(by_loops(maps, index, valid))


def test_loss__of_even_maps_is_the_log_of_their_cells():
    valid = torch.ones(2, 17, dtype=torch.bool)
    loss = keypoint_loss(
        torch.zeros(2, 17, 56, 56), torch.zeros(2, 17).long(), valid
    )
    assert loss.item() == pytest.approx(math.log(56 * 56))


def test_loss__does_not_look_at_the_others():
    maps, index, valid = case()
    expected = keypoint_loss(maps, index, valid)
    changed = torch.where(valid[..., None, None], maps, maps + 1000)
    index = torch.where(valid, index, torch.zeros_like(index))
    assert keypoint_loss(changed, index, valid) == expected


def test_loss__gradients():
    maps, index, valid = case(torch.float64)
    maps.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda given: keypoint_loss(given, index, valid), (maps,)
    )


@pytest.mark.parametrize('people', [0, 3])
def test_loss__none_is_valid(people):
    """Zero, and every weight has a gradient, as other processes want it."""
    layer = torch.nn.Conv2d(2, 4, 1)
    maps = layer(torch.randn(people, 2, 5, 5))
    nobody = torch.zeros(people, 4, dtype=torch.bool)
    loss = keypoint_loss(maps, nobody.long(), nobody)
    loss.backward()
    assert loss.item() == 0
    assert not layer.weight.grad.any()


def test_loss__half_precision_is_computed_in_single():
    maps, index, valid = case()
    low = maps.half()
    loss = keypoint_loss(low, index, valid)
    assert loss.dtype == torch.float32
    assert loss == keypoint_loss(low.float(), index, valid)
