"""One vector for each image of maps, vectors and lists of them."""

import pytest
import torch

from mmssl.models.utils.pooled import pooled_feature


def test_maps__mean_of_the_last_ones_cells():
    maps = torch.randn(2, 3, 4, 5), torch.randn(2, 6, 2, 3)
    expected = [[float(cells.mean()) for cells in one] for one in maps[1]]
    for outputs in (maps, list(maps), maps[1]):
        found = pooled_feature(outputs)
        torch.testing.assert_close(found, torch.tensor(expected))


def test_vectors__stay():
    vectors = torch.randn(2, 3)
    assert torch.equal(
        pooled_feature((torch.zeros(2, 9, 1, 1), vectors)), vectors
    )


def test_half_precision__mean_in_float32():
    maps = torch.randn(2, 8, 16, 8).to(torch.bfloat16)
    with torch.autocast('cpu', torch.bfloat16):
        found = pooled_feature(maps)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, maps.float().mean((2, 3)))
    assert pooled_feature(maps.double()).dtype == torch.float64


@pytest.mark.parametrize(
    ('outputs', 'error', 'text'),
    [
        ((), TypeError, 'got tuple'),
        ('x', TypeError, 'got str'),
        (torch.zeros(2, 3, 4), ValueError, r'\(2, 3, 4\); set out_type'),
    ],
)
def test_outputs__that_are_neither(outputs, error, text):
    with pytest.raises(error, match=text):
        pooled_feature(outputs)
