"""Loss with a centre: published numbers, parts of a step, bad batches."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mmssl.models.heads import DINOHead
from mmssl.testing.golden import named_input
from mmssl.testing.process_pair import run_in_pair

GOLDEN = Path(__file__).parents[2] / 'data' / 'golden' / 'solider.npz'


def rows(seed, count, width=6):
    return torch.randn(
        count, width, generator=torch.Generator().manual_seed(seed)
    )


def test_golden__two_steps_of_loss_and_centre():
    golden = np.load(GOLDEN)
    head = DINOHead(num_prototypes=1000)
    for step in range(2):
        student = named_input(f'visible/dino/s{step}', (30, 1000))
        teacher = named_input(f'visible/dino/t{step}', (6, 1000))
        views = student.split(3) if step else student
        loss = head.loss(views, teacher)['loss_dino']
        wanted = float(golden[f'dinoloss/step{step}'])
        assert float(loss) == pytest.approx(wanted, rel=1e-6)
        head.update_center()
        np.testing.assert_allclose(
            head.center.numpy(), golden[f'dinoloss/center{step}'], 1e-5, 1e-7
        )


def test_step_in_parts__one_centre_for_all_and_the_mean_of_all_after_it():
    whole, parts = (DINOHead(num_prototypes=6) for _ in range(2))
    for step in range(3):
        student, teacher = rows(step, 24), rows(50 + step, 12)
        # 6 images, 4 views, 2 of them global; 3 parts of 2 images
        loss = whole.loss(student, teacher)['loss_dino']
        views, targets = student.view(4, 6, 6), teacher.view(2, 6, 6)
        before = parts.center.clone()
        losses = []
        for part in range(3):
            chosen = slice(2 * part, 2 * part + 2)
            found = parts.loss(
                views[:, chosen].reshape(-1, 6),
                targets[:, chosen].reshape(-1, 6),
            )
            losses.append(found['loss_dino'])
            assert torch.equal(parts.center, before)
        torch.testing.assert_close(torch.stack(losses).mean(), loss)
        for head in (whole, parts):
            head.update_center()
            assert not head.center_sum.any()
            assert head.center_count == 0
        torch.testing.assert_close(parts.center, whole.center)
        assert not torch.equal(parts.center, before)


def test_saved_in_the_midst_of_a_step__goes_on_to_the_bit():
    head, other = (DINOHead(num_prototypes=6) for _ in range(2))
    head.loss(rows(0, 4), rows(1, 4))
    head.update_center()
    head.loss(rows(2, 4), rows(3, 4))
    other.load_state_dict(head.state_dict())
    for each in (head, other):
        each.loss(rows(4, 4), rows(5, 4))
        each.update_center()
    assert torch.equal(head.center, other.center)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_bad_logits__never_reach_the_centre(value):
    head, other = (DINOHead(num_prototypes=6) for _ in range(2))
    bad = rows(9, 4)
    bad[1, 2] = value
    head.loss(rows(8, 4), bad)
    for each in (head, other):
        each.loss(rows(0, 4), rows(1, 4))
        each.update_center()
    assert torch.equal(head.center, other.center)


def test_left_out_step__is_forgotten():
    head = DINOHead(num_prototypes=6)
    head.loss(rows(0, 4), rows(1, 4))
    head.drop_noted()
    before = head.center.clone()
    head.update_center()
    assert torch.equal(head.center, before)


def test_evaluation__notes_nothing():
    head = DINOHead(num_prototypes=6).eval()
    head.loss(rows(0, 4), rows(1, 4))
    assert head.center_count == 0


def _member(rank, counts):
    """Three steps on other rows in each process; return the centre."""
    head = DINOHead(num_prototypes=6, center_momentum=0.7)
    for step in range(3):
        n = counts[rank]
        if n:
            head.loss(rows(9, 2 * n), rows(10 * step + rank, 2 * n))
        head.update_center()
    return head.center.numpy()


@pytest.mark.parametrize('counts', [(2, 2), (3, 1), (2, 0), (0, 0)])
def test_two_processes__the_mean_of_all_rows(counts):
    found = run_in_pair(_member, counts)
    center = torch.zeros(1, 6)
    for step in range(3):
        all_rows = [rows(10 * step + r, 2 * counts[r]) for r in range(2)]
        mean = torch.cat(all_rows).mean(0) if sum(counts) else center
        center = 0.7 * center + 0.3 * mean
    for each in found:
        np.testing.assert_allclose(each, center.numpy(), 1e-5, 1e-7)
    assert np.array_equal(*found)


def test_temperature__is_an_attribute_that_schedules_change():
    head = DINOHead(num_prototypes=6)
    before = head.loss(rows(0, 4), rows(1, 4))
    head.teacher_temp = 0.4
    after = head.loss(rows(0, 4), rows(1, 4))
    assert after['target_entropy'] > before['target_entropy']
    wanted = torch.softmax(rows(1, 4) / 0.4, 1)
    torch.testing.assert_close(head.targets(rows(1, 4)), wanted)


def test_loss_weight__multiplies():
    losses = [
        DINOHead(6, loss_weight=weight).loss(rows(0, 4), rows(1, 4))
        for weight in (1.0, 0.25)
    ]
    torch.testing.assert_close(
        losses[1]['loss_dino'], losses[0]['loss_dino'] / 4
    )


@pytest.mark.parametrize(
    ('options', 'text'),
    [
        (dict(num_prototypes=0), 'num_prototypes must be >= 1, got 0'),
        (dict(num_prototypes=-5), 'got -5'),
        (dict(student_temp=0), '> 0 .* got 0 and 0.04'),
        (dict(teacher_temp=-1), 'got 0.1 and -1'),
        (dict(center_momentum=1.1), 'center_momentum .* 1.1'),
    ],
)
def test_options__out_of_range(options, text):
    with pytest.raises(ValueError, match=text):
        DINOHead(**options)


def test_logits__of_another_number_of_prototypes():
    head = DINOHead(num_prototypes=6)
    with pytest.raises(ValueError, match=r'gives 5 logits, .*prototypes=6'):
        head.loss(rows(0, 4, 5), rows(0, 4, 5))
    with pytest.raises(ValueError, match='got 5 and 6: set the same num_pro'):
        head.loss(rows(0, 4, 5), rows(0, 4))
