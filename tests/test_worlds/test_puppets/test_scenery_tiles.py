import numpy as np
import pytest

from mmssl.worlds.puppets.scenery_tiles import scenery_tiles
from mmssl.worlds.puppets.tiles import SCENERY_PERIOD


@pytest.fixture(scope='module')
def tiles():
    return scenery_tiles()


def test_scenery_tiles__vary_and_differ(tiles):
    for name, tile in tiles.items():
        assert tile.shape == (SCENERY_PERIOD, SCENERY_PERIOD, 2), name
        assert 0 <= tile.min() <= tile.max() <= 1, name
        assert tile.std() > 0.05, name
    flat = np.stack([tile[::5, ::5].ravel() for tile in tiles.values()])
    far = np.abs(flat[:, None] - flat[None]).mean(-1)
    assert far[~np.eye(len(flat), dtype=bool)].min() > 0.05


def test_scenery_tiles__walls_go_on_across_the_seam(tiles):
    """The first and the last column of clouds differ as any neighbours."""
    for name in ('clouds', 'grass', 'foliage'):
        tile = tiles[name][..., 0]
        inside = np.abs(np.diff(tile, axis=1)).mean()
        assert np.abs(tile[:, 0] - tile[:, -1]).mean() < 2 * inside, name
