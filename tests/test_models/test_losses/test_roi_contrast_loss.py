"""Contrast of regions against loops over every pair of rows."""

import math

import pytest
import torch
from torch.nn.functional import cosine_similarity

from mmssl.models.losses.roi_contrast_loss import (
    RoIContrastLoss,
    contrast_rows,
    excluded_keys,
)
from mmssl.models.utils.gathered_rows import GatheredRows, gather_rows
from mmssl.registry import MODELS

# Three pairs: boxes 0 and 1 of image 0, and one of image 1.
IMAGES = torch.tensor([0, 0, 1] * 2)


def rows(seed=0, num=6, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num, 5, generator=generator, dtype=dtype)


def naive(anchors, keys, images, temperature, same_image):
    """NT-Xent from the paper, term by term.

    Row i of ``keys`` is the region of anchor i; the positive is the region
    half the rows away.
    """
    num = len(anchors)
    losses = []
    for i in range(num):
        positive = (i + num // 2) % num

        def similarity(j, i=i):
            cosine = cosine_similarity(anchors[i], keys[j], dim=0)
            return math.exp(float(cosine) / temperature)

        terms = [
            similarity(j)
            for j in range(num)
            if j == positive
            or (j != i and (same_image or images[i] != images[j]))
        ]
        losses.append(-math.log(similarity(positive) / sum(terms)))
    return sum(losses) / num


@pytest.mark.parametrize('temperature', [0.1, 0.5])
@pytest.mark.parametrize('same_image', [True, False])
@pytest.mark.parametrize('simclr', [True, False])
@pytest.mark.parametrize('chunk_rows', [None, 1, 4])
def test_loss__equals_the_loop(temperature, same_image, simclr, chunk_rows):
    anchors = rows(0)
    keys = anchors if simclr else rows(1)
    loss = RoIContrastLoss(
        temperature, exclude_same_image=not same_image, chunk_rows=chunk_rows
    )
    expected = naive(anchors, keys, IMAGES, temperature, same_image)
    assert float(loss(anchors, keys, IMAGES)) == pytest.approx(expected)


def test_loss__by_hand():
    """Two pairs, both sides equal: exp(1) against it and twice exp(0)."""
    eye = torch.eye(2).repeat(2, 1)
    expected = math.log((math.e + 2) / math.e)
    found = RoIContrastLoss(temperature=1.0)(eye, eye)
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_loss__is_blind_to_lengths():
    loss = RoIContrastLoss()
    a, b = rows(0), rows(1)
    scale = torch.arange(1.0, 7)[:, None]
    torch.testing.assert_close(loss(a * scale, b / scale), loss(a, b))


@pytest.mark.parametrize('chunk_rows', [None, 4])
def test_loss__gradcheck(chunk_rows):
    loss = RoIContrastLoss(0.5, exclude_same_image=True, chunk_rows=chunk_rows)
    inputs = (rows(0).requires_grad_(), rows(1).requires_grad_())
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, IMAGES), inputs)


@pytest.mark.parametrize('chunk_rows', [None, 2])
@pytest.mark.parametrize('cross_rank', [True, False])
def test_loss__no_boxes_is_a_connected_zero(chunk_rows, cross_rank):
    a, b = (rows(s).requires_grad_() for s in (0, 1))
    loss = RoIContrastLoss(
        chunk_rows=chunk_rows, cross_rank=cross_rank, exclude_same_image=True
    )
    found = loss(a[:0], b[:0], IMAGES[:0])
    assert float(found) == 0
    found.backward()
    assert torch.equal(a.grad, torch.zeros_like(a))
    assert torch.equal(b.grad, torch.zeros_like(b))


def test_loss__one_pair_has_no_negatives_but_its_image():
    a, b = rows(0, 2), rows(1, 2)
    assert float(RoIContrastLoss()(a, b)) == pytest.approx(0, abs=1e-12)


def test_loss__half_precision_is_computed_in_float32():
    a, b = rows(0).bfloat16(), rows(1).bfloat16()
    with torch.autocast('cpu', torch.bfloat16):
        found = RoIContrastLoss()(a, b)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, RoIContrastLoss()(a.float(), b.float()))


def test_loss__weight_and_registry():
    built = MODELS.build(dict(type='mmssl.RoIContrastLoss', loss_weight=0.25))
    a, b = rows(0), rows(1)
    torch.testing.assert_close(built(a, b), 0.25 * RoIContrastLoss()(a, b))


def test_excluded__by_hand():
    """Two pairs of two images; the second process of three, one row padded."""
    valid = torch.tensor([1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0]).bool()
    gathered = GatheredRows(torch.zeros(15, 1), valid, 5, valid.sum())
    own = torch.eye(4).bool()
    others = (~valid).repeat(4, 1)
    plain = excluded_keys(gathered, 4)
    assert torch.equal(plain[:, 5:9], own)
    assert torch.equal(plain[:, :5], others[:, :5])
    assert torch.equal(plain[:, 9:], others[:, 9:])
    same = excluded_keys(gathered, 4, torch.zeros(4).long())
    positive = own.roll(2, 1)
    assert torch.equal(same[:, 5:9], ~positive)
    assert torch.equal(same[:, 9:], others[:, 9:])


def test_excluded__never_the_positive():
    gathered = gather_rows(rows())
    for images in (None, IMAGES, torch.zeros(6).long()):
        excluded = excluded_keys(gathered, 6, images)
        places = torch.arange(6)
        assert not excluded[places, places.roll(3)].any()
        assert excluded[places, places].all()


def test_errors__name_value_and_fix():
    with pytest.raises(ValueError, match=r'temperature must be.*got 0'):
        RoIContrastLoss(temperature=0)
    with pytest.raises(ValueError, match=r'chunk_rows must be.*got 0'):
        RoIContrastLoss(chunk_rows=0)
    with pytest.raises(ValueError, match=r'max_rows must be.*got -1'):
        RoIContrastLoss(max_rows=-1)
    with pytest.raises(ValueError, match=r'2 x pairs, got \(5, 5\)'):
        RoIContrastLoss()(rows()[:5], rows()[:5])
    with pytest.raises(ValueError, match='each of the 6 rows, got None'):
        RoIContrastLoss(exclude_same_image=True)(rows(), rows())
    with pytest.raises(ValueError, match=r'\(6, 5\) and \(6, 4\)'):
        contrast_rows(rows(), rows()[:, :4], torch.arange(6))
