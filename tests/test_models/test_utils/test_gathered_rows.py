"""Rows of two gloo processes, and the contrast loss made of them."""

import pytest
import torch
from torch import distributed

from mmssl.models.losses.roi_contrast_loss import contrast_rows
from mmssl.models.utils.gathered_rows import gather_rows
from mmssl.registry import MODELS
from mmssl.testing.process_pair import run_in_pair

TEMPERATURE = 0.2


def features(rank, num, weight, channels=4):
    """Rows of one process, made by a weight that DDP would share."""
    generator = torch.Generator().manual_seed(10 + rank)
    x = torch.randn(num, channels, generator=generator, dtype=torch.float64)
    return x @ weight


def weights():
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(4, 4, generator=generator, dtype=torch.float64)
        for _ in range(2)
    ]


def head(keys, same_image, max_rows=None, cross_rank=True, chunk=None):
    return MODELS.build(
        dict(
            type='mmssl.RoIContrastHead',
            keys_from=keys,
            loss=dict(
                type='mmssl.RoIContrastLoss',
                temperature=TEMPERATURE,
                exclude_same_image=not same_image,
                max_rows=max_rows,
                cross_rank=cross_rank,
                chunk_rows=chunk,
            ),
        )
    )


def images_of(num):
    """Two boxes an image."""
    return (torch.arange(num // 2) // 2).repeat(2)


def one_process(keys, same_image, nums):
    """Loss and gradient of all rows at once, from the definition."""
    weight, teacher = weights()
    weight.requires_grad_()
    anchors = [features(r, n, weight) for r, n in enumerate(nums)]
    if keys == 'online':
        own = anchors
    else:
        own = [features(r, n, teacher) for r, n in enumerate(nums)]
    positives, images, start = [], [], 0
    for rank, num in enumerate(nums):
        positives.append(start + torch.arange(num).roll(num // 2))
        images.append(images_of(num) + 100 * rank)
        start += num
    positives, images = torch.cat(positives), torch.cat(images)
    places = torch.arange(start)
    excluded = places[:, None] == places
    if not same_image:
        other = places != positives[:, None]
        excluded |= (images[:, None] == images) & other
    rows = contrast_rows(
        torch.cat(anchors), torch.cat(own), positives, excluded, TEMPERATURE
    )
    loss = rows.sum() / max(start, 1)
    loss.backward()
    return loss.item(), weight.grad


def _worker(rank):
    found = {case: _two_processes(rank, *case) for case in CASES}
    return {**found, 'rows': _gathered(rank), 'message': _too_many(rank)}


def _two_processes(rank, keys, same_image, nums, max_rows, chunk):
    weight, teacher = weights()
    weight.requires_grad_()
    num = nums[rank]
    online = features(rank, num, weight)
    target = features(rank, num, teacher)
    target = target.roll(num // 2, 0) if num else target
    module = head(keys, same_image, max_rows, chunk=chunk)
    loss = module.loss(online, target, images_of(num))['loss_contrast']
    loss.backward()
    gradient, value = weight.grad, loss.detach().clone()
    for tensor in (gradient, value):  # what DDP and the log do
        distributed.all_reduce(tensor)
        tensor /= 2
    return float(value), gradient.tolist()


def _gathered(rank):
    """Gradients of rows that both processes use, each in its own way."""
    rows = torch.full((1 + rank, 1), 2.0 + rank, requires_grad=True)
    found = gather_rows(rows)
    (found.rows * (1 + rank)).sum().backward()
    return (
        found.rows.detach().flatten().tolist(),
        found.valid.tolist(),
        found.start,
        int(found.total),
        rows.grad.flatten().tolist(),
    )


def _too_many(rank):
    try:
        gather_rows(torch.zeros(3, 1), max_rows=2)
    except ValueError as error:
        return str(error)
    return ''


CASES = [
    ('online', True, (8, 4), None, None),
    ('online', False, (4, 8), 10, 3),
    ('teacher', True, (8, 4), 8, None),
    ('teacher', False, (8, 8), None, None),
    ('online', True, (0, 8), None, None),
    ('teacher', False, (4, 0), None, 2),
    ('online', False, (0, 0), None, None),
]


@pytest.fixture(scope='module')
def found():
    """All cases in one group of two processes."""
    return run_in_pair(_worker)


@pytest.mark.parametrize('case', CASES, ids=str)
def test_two_processes__equal_one(found, case):
    keys, same_image, nums, *_ = case
    loss, gradient = one_process(keys, same_image, nums)
    for rank in range(2):
        value, grad = found[rank][case]
        assert value == pytest.approx(loss, rel=1e-10)
        torch.testing.assert_close(
            torch.tensor(grad, dtype=torch.float64), gradient
        )


def test_two_processes__rows_and_their_gradients(found):
    rows = [2.0, 0.0, 3.0, 3.0]
    valid = [True, False, True, True]
    # Each row was used once by each process, with factors 1 and 2.
    assert found[0]['rows'] == (rows, valid, 0, 3, [3.0])
    assert found[1]['rows'] == (rows, valid, 2, 3, [3.0, 3.0])


def test_two_processes__more_rows_than_said(found):
    for rank in range(2):
        assert 'max_rows is 2' in found[rank]['message']
        assert 'has 3 rows' in found[rank]['message']


def test_one_process__gives_the_rows_themselves():
    rows = torch.randn(3, 2)
    found = gather_rows(rows)
    assert found.rows is rows
    assert found.valid.all()
    assert found.start == 0
    assert int(found.total) == 3
