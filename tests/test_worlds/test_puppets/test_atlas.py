import numpy as np
import pytest

from mmssl.worlds.puppets.atlas import LEVELS, atlas
from mmssl.worlds.puppets.tiles import cloth_tiles


def cut(sheet, index, level, side):
    x, y = sheet.corners[index, level].astype(int)
    return sheet.texture[y : y + side, x : x + side]


def test_atlas__repeats_each_tile():
    sheet = atlas()
    for i, period in enumerate(sheet.periods.astype(int)):
        for level in range(LEVELS):
            step = period >> level
            if step > 64:  # the larger ones only take longer
                continue
            stored = cut(sheet, i, level, int(2.5 * step))
            np.testing.assert_array_equal(stored[step:], stored[:-step])
            np.testing.assert_array_equal(stored[:, step:], stored[:, :-step])


def test_atlas__levels_are_means_of_four():
    sheet = atlas()
    tile = cloth_tiles()['plaid']
    index = sheet.number('plaid')
    fine = cut(sheet, index, 0, len(tile))
    np.testing.assert_allclose(fine, 255 * tile, atol=0.51)
    coarse = cut(sheet, index, 1, len(tile) // 2)
    block = tile[10:12, 20:22].mean((0, 1))
    np.testing.assert_allclose(coarse[5, 10], 255 * block, atol=0.51)


def test_atlas__places_do_not_overlap():
    sheet = atlas()
    used = np.zeros(sheet.texture.shape[:2], int)
    for i, period in enumerate(sheet.periods.astype(int)):
        for level in range(LEVELS):
            x, y = sheet.corners[i, level].astype(int)
            side = int(2.5 * (period >> level))
            used[y : y + side, x : x + side] += 1
            assert max(y, x) + side <= max(used.shape)
    assert used.max() == 1


def test_number__refuses_unknown_pattern():
    with pytest.raises(ValueError, match=r"'asphalt', 'blotches'.*got 'fur'"):
        atlas().number('fur')
