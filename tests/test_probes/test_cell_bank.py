import pytest
import torch

from mmssl.probes.cell_bank import (
    CellBank,
    cells_of_images,
    drawn_cells,
    joined_banks,
)

MAPS = torch.arange(2 * 3 * 2 * 2.0).reshape(2, 3, 2, 2)
MASKS = [torch.tensor([[0, 1], [1, -100]]), torch.full((4, 2), 1)]


def test_cells__rows_and_shares():
    bank = cells_of_images(MAPS, MASKS, [7, 3], 2)
    assert bank.images.tolist() == [7] * 3 + [3] * 4
    assert bank.cells.tolist() == [0, 1, 2, 0, 1, 2, 3]
    assert bank.rows[1].tolist() == MAPS[0, :, 0, 1].tolist()
    assert bank.rows[-1].tolist() == MAPS[1, :, 1, 1].tolist()
    assert bank.shares.tolist() == [[1, 0], [0, 1], [0, 1]] + [[0, 1]] * 4
    assert bank.hw == (2, 2)


def test_cells__some_of_each_image_whatever_the_batch():
    masks = [torch.zeros(8, 8, dtype=torch.int16)] * 2
    maps = torch.randn(2, 3, 4, 4)
    both = cells_of_images(maps, masks, [5, 6], 2, per_image=3, seed=1)
    last = cells_of_images(maps[1:], masks[1:], [6], 2, per_image=3, seed=1)
    assert len(both.rows) == 6
    assert both.cells[3:].tolist() == last.cells.tolist()
    assert drawn_cells(6, 16, 3, 1).tolist() == last.cells.tolist()
    drawn = {tuple(drawn_cells(i, 16, 3)) for i in range(20)}
    assert len(drawn) > 15
    assert drawn_cells(0, 4, 9).tolist() == [0, 1, 2, 3]


def test_joined__and_gathered_once_in_order():
    one = cells_of_images(MAPS, MASKS, [7, 3], 2)
    again = cells_of_images(MAPS[:1], MASKS[:1], [7], 2)
    bank = joined_banks([one, again]).gathered()
    assert bank.images.tolist() == [3] * 4 + [7] * 3
    assert bank.cells.tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert torch.equal(bank.rows[4:], one.rows[:3])
    some = bank.of_images(torch.tensor([7, 1]))
    assert some.images.tolist() == [7] * 3
    assert torch.equal(some.rows, one.rows[:3])
    assert some.cells.tolist() == [0, 1, 2]


def test_joined__errors():
    one = cells_of_images(MAPS, MASKS, [7, 3], 2)
    with pytest.raises(ValueError, match='got no images'):
        joined_banks([])
    with pytest.raises(ValueError, match=r'got \[\(2, 2\), \(4, 1\)\]'):
        joined_banks([one, CellBank(*one[:4], (4, 1))])
