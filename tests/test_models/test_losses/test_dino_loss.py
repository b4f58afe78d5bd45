"""DINO's loss against loops over pairs of views, and published numbers."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mmssl.models.losses.dino_loss import (
    dino_loss,
    dino_targets,
    mean_entropy,
    moved_center,
)
from mmssl.testing.golden import named_input

GOLDEN = Path(__file__).parents[2] / 'data' / 'golden' / 'solider.npz'


def by_hand(student, targets, g, temperature):
    """Cross-entropies pair by pair, image by image."""
    n = len(targets) // g
    total, terms = 0.0, 0
    for a in range(g):
        for b in range(len(student) // n):
            if a == b:
                continue
            for i in range(n):
                scores = student[b * n + i].double() / temperature
                logs = scores - scores.exp().sum().log()
                total = total - (targets[a * n + i].double() * logs).sum()
            terms += n
    return total / terms


def distributions(rows, width, dtype=torch.float64):
    return torch.randn(rows, width, dtype=dtype).softmax(1)


@pytest.mark.parametrize(
    ('g', 'v', 'n'), [(2, 10, 3), (2, 2, 1), (1, 4, 2), (3, 3, 2), (3, 5, 1)]
)
def test_loss__in_loops_over_pairs(g, v, n):
    student = torch.randn(v * n, 7, dtype=torch.float64, requires_grad=True)
    targets = distributions(g * n, 7)
    loss = dino_loss(student, targets, g, 0.3)
    expected = by_hand(student, targets, g, 0.3)
    torch.testing.assert_close(loss, expected)
    (grad,) = torch.autograd.grad(2 * loss, student)
    (wanted,) = torch.autograd.grad(2 * expected, student)
    torch.testing.assert_close(grad, wanted)


def test_gradient__of_the_student_alone():
    student = torch.randn(8, 5, dtype=torch.float64, requires_grad=True)
    targets = distributions(4, 5).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: dino_loss(x, targets, 2, 0.5), student
    )
    dino_loss(student, targets, 2, 0.5).backward()
    assert targets.grad is None


def test_golden__two_steps_of_loss_and_centre():
    golden = np.load(GOLDEN)
    center = torch.zeros(1, 1000)
    for step in range(2):
        student = named_input(f'visible/dino/s{step}', (30, 1000))
        teacher = named_input(f'visible/dino/t{step}', (6, 1000))
        loss = dino_loss(student, dino_targets(teacher, center, 0.04))
        wanted = float(golden[f'dinoloss/step{step}'])
        assert float(loss) == pytest.approx(wanted, rel=1e-6)
        total = teacher.sum(0, keepdim=True)
        center = moved_center(center, total, torch.tensor(6.0), 0.9)
        np.testing.assert_allclose(
            center.numpy(), golden[f'dinoloss/center{step}'], 1e-5, 1e-7
        )


def test_targets__softmax_of_centred_logits():
    logits = torch.randn(3, 4, requires_grad=True)
    center = torch.randn(1, 4)
    found = dino_targets(logits, center, 0.1)
    wanted = ((logits - center) / 0.1).exp()
    wanted = wanted / wanted.sum(1, keepdim=True)
    torch.testing.assert_close(found, wanted.detach())
    assert not found.requires_grad
    kept = logits.clone()
    dino_targets(logits, center, 0.1)
    assert torch.equal(logits, kept)  # nothing is changed in place


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision__is_computed_in_float32(dtype):
    student, teacher = torch.randn(12, 300), torch.randn(4, 300)
    student = student.to(dtype).requires_grad_()
    teacher, center = teacher.to(dtype), torch.randn(1, 300)
    with torch.autocast('cpu', torch.bfloat16):
        targets = dino_targets(teacher, center, 0.04)
        loss = dino_loss(student, targets)
    assert loss.dtype == targets.dtype == torch.float32
    exact_targets = dino_targets(teacher.double(), center.double(), 0.04)
    exact_student = student.detach().double().requires_grad_()
    exact = dino_loss(exact_student, exact_targets)
    assert float(loss) == pytest.approx(float(exact), rel=1e-6)
    # float16 would lose such gradients without a loss scale
    (4096 * loss).backward()
    (4096 * exact).backward()
    assert student.grad.dtype == dtype
    torch.testing.assert_close(
        student.grad.double(),
        exact_student.grad,
        rtol=2 * torch.finfo(dtype).eps,
        atol=1e-6,
    )


def test_loss__extreme_logits_stay_finite():
    student = torch.tensor([[3e4, -3e4], [-3e4, 3e4]], requires_grad=True)
    targets = dino_targets(student.detach(), torch.zeros(1, 2), 0.01)
    loss = dino_loss(student, targets)
    loss.backward()
    assert float(loss) == pytest.approx(6e5)
    assert torch.isfinite(student.grad).all()


def test_loss__pairs_of_the_same_view_do_not_count():
    """Where a view says what its own target says, but the other does not."""
    targets = torch.eye(2).double()
    student = torch.tensor([[9.0, 0.0], [0.0, 9.0]]).double()
    wrong = math.log(1 + math.exp(9.0))
    assert float(dino_loss(student, targets, 2, 1.0)) == pytest.approx(wrong)


def test_center__moves_by_1_minus_m_and_stays_without_rows():
    center, rows = torch.randn(1, 3), torch.randn(5, 3)
    total, count = rows.sum(0, keepdim=True), torch.tensor(5.0)
    moved = moved_center(center, total, count, 0.8)
    torch.testing.assert_close(moved, 0.8 * center + 0.2 * rows.mean(0))
    nothing = moved_center(center, 0 * total, torch.tensor(0.0), 0.8)
    assert torch.equal(nothing, center)


def test_entropy__of_rows():
    rows = distributions(4, 6)
    wanted = torch.distributions.Categorical(rows).entropy().mean()
    torch.testing.assert_close(mean_entropy(rows), wanted)
    assert float(mean_entropy(torch.eye(3))) == 0.0


@pytest.mark.parametrize(
    ('student', 'targets', 'g', 'text'),
    [
        ((4, 3), (2, 4), 2, 'prototypes, got 3 and 4: set the same num_proto'),
        ((4,), (2,), 2, r'got \(4,\) and \(2,\)'),
        ((5, 3), (4, 3), 2, 'no whole views .* 2 global view'),
        ((6, 3), (3, 3), 2, 'no whole views'),
        ((4, 3), (4, 3), 0, 'with 0 global'),
        ((0, 3), (0, 3), 2, 'no whole views'),
        ((2, 3), (4, 3), 2, r'got 1 view\(s\) and 2 global'),
        ((2, 3), (2, 3), 1, r'got 1 view\(s\) and 1 global'),
    ],
)
def test_shapes__that_do_not_fit(student, targets, g, text):
    with pytest.raises(ValueError, match=text):
        dino_loss(torch.zeros(student), torch.zeros(targets), g)


def test_loss__reads_the_logits_twice_not_for_every_pair(monkeypatch):
    """Passes over (N, Q) in loss and gradient, counted by exponentials."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):
        found = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            name = str(function)
            self.found += 'exp' in name and 'expand' not in name
            return function(*args, **(kwargs or {}))

    student = torch.randn(30, 50, requires_grad=True)
    targets = distributions(6, 50, torch.float32)
    with Count() as counter:
        dino_loss(student, targets).backward()
    assert counter.found == 2 * 10  # one for each view, and its gradient


def test_loss__against_torchs_cross_entropy():
    student, targets = torch.randn(20, 9), distributions(4, 9, torch.float32)
    views, wanted = student.view(10, 2, 9), targets.view(2, 2, 9)
    terms = [
        F.cross_entropy(views[v] / 0.1, wanted[g])
        for g in range(2)
        for v in range(10)
        if v != g
    ]
    torch.testing.assert_close(
        dino_loss(student, targets), torch.stack(terms).mean()
    )
