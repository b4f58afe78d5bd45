"""Plans against a table of every region, written down one by one."""

import itertools

import pytest
import torch

from mmssl.models.utils.region_plan import (
    plan_boxes,
    plan_images,
    same_size_groups,
)

CPU = torch.device('cpu')


def carried_out(plan, sizes, num_images):
    """Each region of a plan as (view, image, *box)."""
    found = []
    for views, boxes in plan.groups:
        assert len({sizes[view] for view in views}) == 1
        if boxes is None:
            rows = [(row, ()) for row in range(len(views) * num_images)]
        else:
            rows = [(int(b[0]), tuple(b[1:].tolist())) for b in boxes]
        found += [
            (views[row // num_images], row % num_images, *box)
            for row, box in rows
        ]
    if plan.order is not None:
        found = [found[i] for i in plan.order]
    return found


def pairs_of(plan, sizes, num_images):
    """Each pair as (image, region, other region)."""
    rows = carried_out(plan, sizes, num_images)
    first, second = plan.sides.tolist()
    return [
        (image, rows[a], rows[b])
        for image, a, b in zip(plan.images.tolist(), first, second)
    ]


SIZES = [
    [(8, 8), (8, 8)],
    [(8, 8), (4, 6)],
    [(8, 8), (8, 8), (8, 8)],
    [(8, 8), (4, 4), (8, 8), (4, 4)],
    [(4, 4), (5, 5), (6, 6)],
]


@pytest.mark.parametrize('sizes', SIZES)
def test_images__every_pair_of_views_of_every_image(sizes):
    plan = plan_images(sizes, 3, CPU)
    assert sorted(pairs_of(plan, sizes, 3)) == sorted(
        (image, (a, image), (b, image))
        for a, b in itertools.combinations(range(len(sizes)), 2)
        for image in range(3)
    )
    rows = carried_out(plan, sizes, 3)
    assert rows == [(v, n) for v in range(len(sizes)) for n in range(3)]


@pytest.mark.parametrize('sizes', SIZES)
@pytest.mark.parametrize('counts', [(2, 0, 3), (0, 0, 1), (1, 1, 1)])
def test_boxes__each_in_its_view_of_its_image(sizes, counts):
    boxes = [torch.rand(m, 2, 4) for m in counts]
    choices = list(itertools.combinations(range(len(sizes)), 2))
    views = [
        torch.tensor([choices[(7 * n + i) % len(choices)] for i in range(m)])
        .reshape(-1, 2)
        .long()
        for n, m in enumerate(counts)
    ]
    plan = plan_boxes(sizes, boxes, views, CPU)
    expected = [
        (
            n,
            (int(views[n][i, 0]), n, *boxes[n][i, 0].tolist()),
            (int(views[n][i, 1]), n, *boxes[n][i, 1].tolist()),
        )
        for n, m in enumerate(counts)
        for i in range(m)
    ]
    assert pairs_of(plan, sizes, 3) == expected


@pytest.mark.parametrize('sizes', SIZES)
def test_boxes__none_at_all(sizes):
    boxes = [torch.zeros(0, 2, 4)] * 2
    views = [torch.zeros(0, 2, dtype=torch.int64)] * 2
    plan = plan_boxes(sizes, boxes, views, CPU)
    assert [tuple(group.boxes.shape) for group in plan.groups] == [
        (0, 5)
    ] * len(plan.groups)
    assert plan.sides.shape == (2, 0)
    assert plan.images.shape == (0,)


def test_boxes__one_size_keeps_the_published_order():
    """First the rows of view 1, then those of view 2, moved on by N."""
    boxes = [torch.full((2, 2, 4), float(n)) for n in range(2)]
    views = [torch.tensor([[0, 1], [0, 1]])] * 2
    plan = plan_boxes([(8, 8)] * 2, boxes, views, CPU)
    assert plan.order is None
    rows = plan.groups[0].boxes
    assert rows[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert rows[:, 1].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert rows.dtype == torch.float32


def test_boxes__that_do_not_fit():
    views = [torch.tensor([[0, 2]])]
    with pytest.raises(ValueError, match=r'\[0, 1\].*2 views; got 0 to 2'):
        plan_boxes([(8, 8)] * 2, [torch.zeros(1, 2, 4)], views, CPU)
    with pytest.raises(ValueError, match=r'\(1, 4\).*sample 0'):
        plan_boxes([(8, 8)] * 2, [torch.zeros(1, 4)], views, CPU)


def test_groups__order_of_first_appearance():
    assert same_size_groups([(2, 2), (3, 2), (2, 3), (3, 2)]) == [
        (0,),
        (1, 3),
        (2,),
    ]
