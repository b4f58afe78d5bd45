"""Norms against sums written out, and values that are not finite."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from mmssl.engine.gradients import (
    GradientRow,
    copied_gradients,
    count_non_finite,
    gradient_rows,
    gradients_of,
    group_norms,
    largest,
    non_finite_names,
    set_gradients,
    total_norm,
)


def tensors(seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(3, 4), (7,), (), (2, 1, 5)]
    return [
        torch.tensor(rng.normal(size=s), dtype=torch.float32) for s in shapes
    ]


def test_total_norm__is_the_root_of_the_sum_of_squares():
    values = tensors()
    squares = sum(float(v) ** 2 for t in values for v in t.reshape(-1))
    assert float(total_norm(values)) == pytest.approx(math.sqrt(squares))


def test_total_norm__is_what_torch_clips_by():
    parameters = [nn.Parameter(torch.zeros_like(t)) for t in tensors()]
    for parameter, gradient in zip(parameters, tensors(1)):
        parameter.grad = gradient
    expected = nn.utils.clip_grad_norm_(parameters, 1e9)
    assert float(total_norm(gradients_of(parameters))) == pytest.approx(
        float(expected), rel=1e-6
    )


def test_total_norm__of_mixed_kinds_of_numbers():
    # its norm 100,000 is above the largest float16
    many = torch.full((10_000,), 1000.0, dtype=torch.float16)
    wide = torch.tensor([3e5], dtype=torch.float64)
    norm = total_norm([many, wide, many.bfloat16()])
    squares = 1e10 * 2 + 9e10
    assert float(norm) == pytest.approx(math.sqrt(squares), rel=1e-5)


def test_total_norm__of_sparse_gradients():
    table = nn.Embedding(10, 2, sparse=True)
    table(torch.tensor([1, 1, 4])).sum().backward()
    # row 1 twice: (2, 2); row 4: (1, 1)
    assert float(total_norm([table.weight.grad])) == pytest.approx(10**0.5)


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
def test_total_norm__one_bad_value_shows(value):
    values = tensors()
    values[3][0, 0, 2] = value
    assert not torch.isfinite(total_norm(values))
    assert count_non_finite(values) == 1


def test_total_norm__overflows_where_values_are_finite():
    values = [torch.full((4,), 3e38)]
    assert not torch.isfinite(total_norm(values))
    assert count_non_finite(values) == 0
    assert float(total_norm([v.double() for v in values])) == pytest.approx(
        6e38
    )


def test_total_norm__of_nothing():
    assert float(total_norm([])) == 0


def test_group_norms__one_for_each_group():
    model = nn.Linear(2, 2)
    model.weight.grad = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    optimizer = torch.optim.SGD(
        [{'params': [model.weight]}, {'params': [model.bias]}], lr=1
    )
    assert group_norms(optimizer.param_groups) == [5.0, 0.0]


def test_rows__names_norms_and_counts():
    model = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
    model[0].weight.grad = torch.tensor([[3.0, 4.0]])
    model[1].weight.grad = torch.tensor([[float('nan')]])
    rows = gradient_rows(model)
    assert rows[0] == GradientRow('0.weight', 5.0, 0, 2)
    assert rows[1][0] == '1.weight'
    assert math.isnan(rows[1].norm)
    assert rows[1][2:] == (1, 1)


def test_largest__what_is_not_finite_comes_first():
    rows = [
        GradientRow('a', 2.0, 0, 4),
        GradientRow('b', 9.0, 0, 4),
        GradientRow('c', float('nan'), 1, 4),
        GradientRow('d', float('inf'), 0, 4),  # overflow of the norm
    ]
    assert [row.name for row in largest(rows, 3)] == ['c', 'd', 'b']


def test_non_finite_names__in_order():
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.bias[1] = float('inf')
    assert non_finite_names(model.named_parameters()) == ['bias']


def test_copied_gradients__come_back_as_they_were():
    model = nn.Linear(2, 1)
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    kept = copied_gradients(model)
    assert list(kept) == ['weight']
    model.weight.grad.zero_()  # the copy does not follow
    set_gradients(model, kept)
    assert model.weight.grad.tolist() == [[3.0, 4.0]]
    assert model.bias.grad is None
    kept['weight'].zero_()  # nor do the gradients follow the copy
    assert model.weight.grad.tolist() == [[3.0, 4.0]]


def test_set_gradients__leaves_out_those_of_another_shape():
    model = nn.Linear(2, 1)
    set_gradients(model, {'weight': torch.ones(5), 'bias': torch.ones(1)})
    assert model.weight.grad is None
    assert model.bias.grad.tolist() == [1.0]
