"""Views of one size share a pass; rows come back in the views' order."""

import pytest
import torch
from torch import nn

from mmssl.models.utils.view_features import view_features


class Echo(nn.Module):
    """Gives each image's first cells and its lambda; notes the passes."""

    accepts_semantic_weight = True

    def __init__(self):
        super().__init__()
        self.passes = []

    def forward(self, x, semantic_weight=None):
        self.passes.append((tuple(x.shape), semantic_weight))
        weight = (
            torch.zeros(len(x)) if semantic_weight is None else semantic_weight
        )
        return (torch.stack((x.mean((1, 2, 3)), weight), 1)[..., None, None],)


class Plain(Echo):
    accepts_semantic_weight = False

    def forward(self, x):
        return super().forward(x)


def numbered(*kinds):
    """Views (images, size) whose pixels say which view and image they are."""
    return [
        (10.0 * v + torch.arange(float(n)))[:, None, None, None].expand(
            n, 3, *size
        )
        for v, (n, size) in enumerate(kinds)
    ]


BIG, SMALL = (8, 4), (4, 4)


@pytest.mark.parametrize(
    ('kinds', 'passes'),
    [
        ([(2, BIG), (2, BIG), (2, SMALL)], [(4, BIG), (2, SMALL)]),
        ([(2, BIG), (2, SMALL), (2, BIG)], [(4, BIG), (2, SMALL)]),
        ([(3, BIG), (2, BIG), (2, SMALL)], [(5, BIG), (2, SMALL)]),
        ([(0, BIG), (2, BIG), (2, BIG)], [(4, BIG)]),
        ([(1, SMALL), (2, BIG), (3, SMALL)], [(4, SMALL), (2, BIG)]),
    ],
)
def test_rows__in_the_order_of_the_views(kinds, passes):
    net, views = Echo(), numbered(*kinds)
    found = view_features(net, views)
    assert [shape for shape, _ in net.passes] == [
        (n, 3, *size) for n, size in passes
    ]
    expected = [
        10.0 * v + i for v, (n, _) in enumerate(kinds) for i in range(n)
    ]
    assert found.pooled[:, 0].tolist() == expected
    assert [len(out[0]) for out in found.outputs] == [n for n, _ in passes]
    assert sorted(v for g in found.groups for v in g) == list(
        range(len(views))
    )


def test_semantic_weight__of_all_views_or_of_each():
    views = numbered((2, BIG), (2, SMALL), (2, BIG))
    shared = torch.tensor([0.0, 1.0])
    found = view_features(Echo(), views, shared)
    assert found.pooled[:, 1].tolist() == [0, 1] * 3
    masked = numbered((1, BIG)) + views
    own = [torch.tensor([0.5]), *[shared] * 3]
    found = view_features(Echo(), masked, own)
    assert found.pooled[:, 1].tolist() == [0.5, 0, 1, 0, 1, 0, 1]
    net = Plain()  # which does not know of it
    view_features(net, views, shared)
    assert all(weight is None for _, weight in net.passes)


def test_semantic_weight__of_other_images():
    views = numbered((2, BIG), (2, SMALL))
    for weights in (torch.ones(3), [torch.ones(2)], [torch.ones(2)] * 3):
        with pytest.raises(ValueError, match=r'have \[2, 2\] images, the wei'):
            view_features(Echo(), views, weights)
