"""Levels of boxes, by the paper's equation."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops.poolers import LevelMapper

from mmssl.models.regions.level_assignment import assign_levels

sides = st.floats(1, 2000)


@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=20))
def test_assign__equals_the_equation_and_torchvision(sizes):
    wh = torch.tensor(sizes, dtype=torch.float64)
    boxes = torch.cat((torch.zeros(len(wh), 3, dtype=wh.dtype), wh), dim=1)
    found = assign_levels(boxes, (4, 8, 16, 32))
    for level, (w, h) in zip(found.tolist(), sizes):
        exact = math.floor(4 + math.log2(math.sqrt(w * h) / 224) + 1e-6)
        assert level == min(max(exact, 2), 5) - 2
    theirs = LevelMapper(2, 5)([boxes[:, 1:]])
    assert torch.equal(found, theirs)


def test_assign__other_pyramids_and_scales():
    """For 224 px inputs the whole image may be the canonical box of P5."""
    boxes = torch.tensor([[0, 0, 0, s, s] for s in (32.0, 64, 128, 224)])
    assert assign_levels(boxes, (4, 8, 16, 32), 224, 5).tolist() == [
        *(0, 1, 2, 3)
    ]
    assert assign_levels(boxes, (8, 16)).tolist() == [0, 0, 0, 1]


def test_assign__points_and_nothing():
    point = torch.zeros(1, 5)
    assert assign_levels(point, (4, 8)).tolist() == [0]
    assert assign_levels(point[:0], (4, 8)).shape == (0,)
