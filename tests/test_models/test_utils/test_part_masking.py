"""Images without one part."""

from __future__ import annotations

import pytest
import torch

from mmssl.models.utils.part_masking import draw_parts, without_part


@pytest.mark.parametrize('hw', [(4, 2), (3, 3)])
def test_without__cell_by_cell(hw):
    images = torch.randn(3, 3, 12, 6)
    labels = torch.randint(0, 4, (3, *hw))
    parts = torch.tensor([1, 2, 0])
    found = without_part(images, labels, parts)
    for n in range(3):
        for row in range(12):
            for column in range(6):
                cell = labels[n, row * hw[0] // 12, column * hw[1] // 6]
                pixel = images[n, :, row, column] * (cell != parts[n])
                assert torch.equal(found[n, :, row, column], pixel)


def test_without__maps_that_do_not_divide_the_image():
    labels = torch.tensor([[[1], [2], [3]]])
    found = without_part(torch.ones(1, 1, 7, 2), labels, torch.tensor([2]))
    assert found[0, 0, :, 0].tolist() == [1, 1, 1, 0, 0, 1, 1]


def test_draws__one_for_each_or_one_for_all():
    own = draw_parts(4000, 3, 'image')
    share = own.bincount(minlength=4) / 4000
    assert share.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3], abs=0.03)
    same = [draw_parts(5, 3, 'batch') for _ in range(300)]
    assert all(len(set(parts.tolist())) == 1 for parts in same)
    assert {int(parts[0]) for parts in same} == {1, 2, 3}
    again = [
        draw_parts(9, 3, 'image', torch.Generator().manual_seed(4))
        for _ in range(2)
    ]
    assert torch.equal(*again)
