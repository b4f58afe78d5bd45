import math

import numpy as np
import pytest
import torch

from mmssl.probes.collapse import feature_std, rank_me


def naive_std(rows):
    """Row by row, dimension by dimension."""
    unit = [row / math.sqrt(sum(x * x for x in row)) for row in rows]
    found = []
    for j in range(len(rows[0])):
        column = [row[j] for row in unit]
        mean = sum(column) / len(column)
        spread = sum((x - mean) ** 2 for x in column) / len(column)
        found.append(math.sqrt(spread))
    return sum(found) / len(found)


def naive_rank(rows):
    """The paper's formula on numpy's singular values."""
    values = np.linalg.svd(rows, compute_uv=False)
    share = values / values.sum() + 1e-7
    return math.exp(-sum(p * math.log(p) for p in share))


@pytest.mark.parametrize('shape', [(12, 5), (5, 12), (7, 7), (2, 3)])
def test_against_naive_loops(shape):
    rows = torch.randn(shape) * torch.linspace(0.1, 3, shape[1]) + 0.5
    array = rows.double().numpy()
    assert feature_std(rows).item() == pytest.approx(naive_std(array), 1e-5)
    assert rank_me(rows).item() == pytest.approx(naive_rank(array), 1e-5)


def test_feature_std__even_directions():
    rows = torch.randn(4000, 64)
    assert feature_std(rows).item() == pytest.approx(1 / 8, rel=0.02)


def test_feature_std__the_length_does_not_count():
    rows = torch.randn(30, 6)
    longer = rows * torch.rand(30, 1) * 9
    assert torch.allclose(feature_std(rows), feature_std(longer), atol=1e-6)


def test_rank_me__all_rows_of_one_direction():
    rows = torch.randn(50, 1) * torch.randn(1, 32)
    assert rank_me(rows).item() == pytest.approx(1, abs=1e-3)
    assert feature_std(rows.abs()).item() < 0.2
    assert rank_me(torch.ones(9, 4) * 1e30).item() == pytest.approx(1, 1e-3)
    assert rank_me(torch.ones(9, 4) * 1e-30).item() == pytest.approx(1, 1e-3)


def test_rank_me__all_directions_equally_strong():
    basis = torch.linalg.qr(torch.randn(40, 16)).Q
    assert rank_me(basis * 7).item() == pytest.approx(16, rel=1e-4)
    assert rank_me(basis.T).item() == pytest.approx(16, rel=1e-4)
    assert 60 < rank_me(torch.randn(4000, 64)).item() < 64.1


@pytest.mark.parametrize('dims', [1, 3, 6])
def test_rank_me__counts_the_dimensions_of_a_subspace(dims):
    basis = torch.linalg.qr(torch.randn(30, dims)).Q
    rows = basis @ torch.linalg.qr(torch.randn(20, dims)).Q.T
    assert rank_me(rows).item() == pytest.approx(dims, rel=1e-3)


def test_zeros_and_halves():
    assert rank_me(torch.zeros(4, 3)).item() == 1
    assert feature_std(torch.zeros(4, 3)).item() == 0
    rows = torch.randn(20, 4)
    exact, half = rank_me(rows), rank_me(rows.half())
    assert half.item() == pytest.approx(exact.item(), rel=1e-2)


@pytest.mark.parametrize('shape', [(1, 4), (4,), (0, 4)])
@pytest.mark.parametrize('figure', [feature_std, rank_me])
def test_too_few_rows(figure, shape):
    with pytest.raises(ValueError, match='n >= 2 rows, got'):
        figure(torch.zeros(shape))
