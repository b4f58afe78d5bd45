"""Cells become one vector."""

import pytest
import torch

from mmssl.models.regions.cells import check_cells, join_cells


def test_join__mean_and_flatten_by_hand():
    pooled = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]], [[0.0, 0.0], [0, 8]]]])
    assert join_cells(pooled, 'mean').tolist() == [[3.0, 2.0]]
    assert join_cells(pooled, 'flatten').tolist() == [[1, 2, 3, 6, 0, 0, 0, 8]]


@pytest.mark.parametrize('cells', ['mean', 'flatten'])
def test_join__one_cell_is_itself(cells):
    pooled = torch.randn(3, 4, 1, 1)
    assert torch.equal(join_cells(pooled, cells), pooled[:, :, 0, 0])


def test_join__no_boxes():
    assert join_cells(torch.zeros(0, 4, 2, 2), 'mean').shape == (0, 4)
    assert join_cells(torch.zeros(0, 4, 2, 2), 'flatten').shape == (0, 16)


def test_check__names_what_is_wrong():
    with pytest.raises(ValueError, match="'max'; valid: flatten, mean"):
        check_cells('max', 1)
    with pytest.raises(ValueError, match='output_size must be at least 1'):
        check_cells('mean', 0)
