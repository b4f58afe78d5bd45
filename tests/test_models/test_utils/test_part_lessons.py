"""Which images teach parts, and what their loss is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mmssl.clustering import PartMaps
from mmssl.models.losses.semantic_loss import semantic_loss
from mmssl.models.utils.part_lessons import lesson_loss, part_lessons
from mmssl.models.utils.part_masking import without_part


def case(valid=(1, 0, 1, 1)):
    """Four images; the last of the valid ones has lambda 0."""
    valid = torch.tensor(valid).bool()
    labels = torch.randint(0, 4, (4, 4, 2)) * valid[:, None, None]
    images = torch.randn(4, 3, 16, 8)
    lambdas = torch.tensor([1.0, 1.0, 0.5, 0.0])
    cut = torch.tensor([1, 2, 3, 1])
    return images, PartMaps(labels, valid), lambdas, cut


def test_lessons__of_images_that_count():
    images, parts, lambdas, cut = case()
    found = part_lessons(images, parts, lambdas, cut)
    assert found.rows.tolist() == [0, 2]
    assert found.lambdas.tolist() == found.loss_weights.tolist() == [1, 0.5]
    assert torch.equal(found.labels, parts.labels[[0, 2]])
    wanted = without_part(images, parts.labels, cut)
    assert torch.equal(found.copies, wanted[[0, 2]])
    assert found.total.item() == 2 * 3  # lambda 0 counts in the mean
    shares = [(parts.labels[n] == cut[n]).float().mean() for n in (0, 2, 3)]
    assert found.masked_share.item() == pytest.approx(float(sum(shares) / 3))


def test_lessons__with_idle_ones():
    images, parts, lambdas, cut = case()
    found = part_lessons(images, parts, lambdas, cut, skip_idle=False)
    assert found.rows.tolist() == [0, 2, 3]
    assert found.loss_weights.tolist() == [1, 0.5, 0]
    assert len(found.copies) == 3


def test_lessons__of_static_shapes():
    images, parts, lambdas, cut = case()
    found = part_lessons(images, parts, lambdas, cut, static_shapes=True)
    assert found.rows is None
    assert len(found.copies) == 4
    assert found.lambdas.tolist() == [1, 1, 0.5, 0]
    assert found.loss_weights.tolist() == [1, 0, 0.5, 0]
    assert found.total.item() == 2 * 3


def test_lessons__means_and_no_copies():
    images, parts, lambdas, cut = case()
    found = part_lessons(images, parts, lambdas, cut, mean='weighted')
    assert found.total.item() == 2 * 1.5
    found = part_lessons(images, parts, lambdas, None)
    assert found.copies is None
    assert found.total.item() == 3
    assert found.masked_share.item() == 0


@pytest.mark.parametrize('valid', [(0, 0, 0, 0), (0, 0, 0, 1)])
def test_lessons__of_none(valid):
    images, parts, lambdas, cut = case(valid)
    found = part_lessons(images, parts, lambdas, cut)
    assert found.rows is None
    assert found.copies is None
    assert not found.loss_weights.any()
    maps = torch.randn(4, 5, 4, 2, requires_grad=True)
    loss = lesson_loss(lambda x: (x[:, :4],), maps, found)
    loss.backward()
    assert loss.item() == 0.0
    assert torch.equal(maps.grad, torch.zeros_like(maps))


@pytest.mark.parametrize('how', ['lean', 'idle', 'static', 'no copies'])
def test_loss__the_same_whatever_is_left_out(how):
    images, parts, lambdas, cut = case()
    options = dict(skip_idle=how != 'idle', static_shapes=how == 'static')
    cut = None if how == 'no copies' else cut
    found = part_lessons(images, parts, lambdas, cut, **options)
    head = nn.Linear(3, 4)

    # a network of 4 x 4 pixels for each cell; one more view behind
    def network(x):
        return nn.functional.avg_pool2d(x, 4)

    inputs = [images, torch.randn(4, 3, 16, 8)]
    if found.copies is not None:
        inputs = [found.copies, *inputs]
    maps = network(torch.cat(inputs))
    loss = lesson_loss(lambda x: (head(x),), maps, found)
    taught = [0, 2, 3]
    sources = (
        [images]
        if cut is None
        else [without_part(images, parts.labels, cut), images]
    )
    rows = torch.cat([network(x[taught]) for x in sources])
    wanted = semantic_loss(
        head(rows.permute(0, 2, 3, 1).reshape(-1, 3)),
        parts.labels[taught].repeat(len(sources), 1, 1),
        lambdas[taught].repeat(len(sources)),
    )
    torch.testing.assert_close(loss, wanted)
