"""Cross-entropy of part labels, weighted by lambda."""

from __future__ import annotations

import math

import pytest
import torch

from mmssl.models.losses.semantic_loss import semantic_loss


def by_hand(logits, labels, weights, total):
    cells = labels[0].numel()
    value = 0.0
    for r, weight in enumerate(weights.tolist()):
        for i, label in enumerate(labels[r].flatten().tolist()):
            row = logits[r * cells + i].tolist()
            value += weight * (
                math.log(sum(math.exp(x) for x in row)) - row[label]
            )
    return value / (total * cells)


@pytest.mark.parametrize('total', [None, 2.0, torch.tensor(3)])
def test_loss__in_loops_over_cells(total):
    labels = torch.randint(0, 4, (3, 4, 2))
    logits, weights = torch.randn(24, 4), torch.tensor([1.0, 0.0, 0.3])
    found = semantic_loss(logits, labels, weights, total)
    wanted = by_hand(logits, labels, weights, 3 if total is None else total)
    assert found.item() == pytest.approx(float(wanted), rel=1e-5)


def test_loss__of_nothing_is_zero_in_the_graph():
    logits = torch.randn(8, 4, requires_grad=True)
    labels = torch.zeros(2, 2, 2, dtype=torch.int64)
    semantic_loss(logits, labels, torch.zeros(2), 0).backward()
    assert torch.equal(logits.grad, torch.zeros_like(logits))
    empty = semantic_loss(logits[:0], labels[:0], torch.zeros(0))
    assert empty.item() == 0.0


def test_loss__gradient():
    logits = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, 3, (2, 3, 1))
    weights = torch.tensor([0.5, 1.0]).double()
    assert torch.autograd.gradcheck(
        lambda x: semantic_loss(x, labels, weights), (logits,)
    )


def test_loss__half_precision_in_float32():
    logits = torch.randn(8, 4).bfloat16()
    labels, weights = torch.randint(0, 4, (2, 2, 2)), torch.ones(2)
    with torch.autocast('cpu', torch.bfloat16):
        found = semantic_loss(logits, labels, weights)
    exact = semantic_loss(logits.float(), labels, weights)
    assert found.dtype == torch.float32
    assert torch.equal(found, exact)
