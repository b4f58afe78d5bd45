"""Batches that hold no global views, or other images in each view."""

import pytest
import torch

from mmssl.models.utils.view_checks import check_global_views


def views(*sizes, images=2):
    return [torch.zeros(images, 3, *size) for size in sizes]


def test_views__of_people_and_of_one_size():
    people = views((256, 128), (256, 128), *[(128, 64)] * 3)
    assert check_global_views(people, 2) == (5, 2)
    assert check_global_views(views((8, 8), (8, 8), images=1), 2) == (2, 1)
    assert check_global_views(views((8, 8), (4, 4)), 1) == (2, 2)


@pytest.mark.parametrize(
    ('given', 'number', 'text'),
    [
        (views((8, 8)), 1, 'num_global_views=1 needs 2 views .* got 1: put M'),
        (views((8, 8), (8, 8)), 3, 'needs 3 views or more .* got 2'),
        (torch.zeros(4, 3, 8, 8), 2, 'needs 2 views .* got 1'),
        ([], 2, 'got 0'),
        (views((8, 8), (4, 4), (8, 8)), 2, r'sizes 8x8, 4x4, 8x8: put the gl'),
        (views((8, 8)) + views((8, 8), images=3), 2, r'\[2, 3\] images'),
        (views((8, 8), (8, 8), images=0), 2, r'\[0, 0\] images'),
    ],
)
def test_views__that_do_not_fit(given, number, text):
    with pytest.raises(ValueError, match=text):
        check_global_views(given, number)
