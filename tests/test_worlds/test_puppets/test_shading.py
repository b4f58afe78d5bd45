import numpy as np
import pytest

from mmssl.worlds.puppets.atlas import atlas
from mmssl.worlds.puppets.camera import CameraLook, Lighting
from mmssl.worlds.puppets.shading import (
    develop,
    look_up,
    paint,
    piece_numbers,
    pixel_grid,
    texture_maps,
)

FLAT = Lighting(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize('count', [5, 256, 257, 900])
def test_look_up__by_loops(count):
    rng = np.random.default_rng(0)
    ids = rng.integers(0, count, (6, 7)).astype(np.int16)
    maps = rng.normal(size=(count, 3))
    numbers = piece_numbers(ids, count)
    found = look_up(maps, numbers, pixel_grid((6, 7)))
    for row in range(6):
        for col in range(7):
            expected = maps[ids[row, col]] @ [col, row, 1]
            assert found[row, col] == pytest.approx(expected, abs=1e-5)


def test_texture_maps__stay_on_their_tiles(crowds):
    """Every pixel of every piece reads inside what is stored of its tile."""
    for scene, _ in crowds:
        moment = scene._moment(2.0)
        corners = np.array([[0, 0], [128, 0], [0, 128], [128, 128]], float)
        maps = texture_maps(scene.table, moment.geometry, corners)
        ids = moment.raster.ids.astype(int)
        grid = pixel_grid(ids.shape)
        for axis in (0, 1):
            read = look_up(maps[:, axis], ids, grid)
            offset = read - scene.table.corner[ids, axis]
            assert offset.min() >= -0.01
            assert (offset / scene.table.period[ids]).max() <= 2.5


def test_paint__one_pixel_by_hand(crowds):
    """Bilinear texels mix the three colours of the piece."""
    scene, _ = crowds[0]
    moment = scene._moment(2.0)
    ids = moment.raster.ids.astype(np.intp)
    nothing = np.zeros((0, 4))
    found = paint(ids, scene.table, moment.geometry, atlas(), FLAT, nothing)
    corners = np.array([[0, 0], [128, 0], [0, 128], [128, 128]], float)
    maps = texture_maps(scene.table, moment.geometry, corners)
    for row, col in np.random.default_rng(0).integers(0, 128, (40, 2)):
        piece = ids[row, col]
        x, y = maps[piece] @ [col, row, 1]
        left, top = int(x), int(y)
        block = atlas().texture[top : top + 2, left : left + 2].astype(float)
        a, b = x - left, y - top
        weights = np.outer([1 - b, b], [1 - a, a])[..., None]
        first, second = (weights * block).sum((0, 1)) / 255
        ground, one, two = scene.table.colours[piece]
        expected = ground + first * one + second * two
        # OpenCV places texels to 1/32.
        np.testing.assert_allclose(found[:, row, col], expected, atol=9)


def test_paint__round_pieces_darken_away_from_the_light(alone, persons):
    scene = alone(persons[0])
    moment = scene._moment(0.0)
    ids = moment.raster.ids.astype(np.intp)
    nothing = np.zeros((0, 4))
    args = (ids, scene.table, moment.geometry, atlas())
    even = paint(*args, FLAT, nothing)
    lit = paint(*args, FLAT._replace(side=1.0, strength=0.8), nothing)
    trunk = moment.raster.ids == np.bincount(ids.ravel())[:-2].argmax()
    cols = np.nonzero(trunk)[1]
    ratio = lit[:, trunk].sum(0) / np.maximum(even[:, trunk].sum(0), 1)
    left = ratio[cols < np.median(cols)].mean()
    right = ratio[cols > np.median(cols)].mean()
    assert right > left + 0.1
    assert ratio.max() <= 1 + 1e-5


def test_develop__plain_camera_changes_nothing():
    rng = np.random.default_rng(0)
    colours = rng.uniform(0, 255, (3, 20, 30)).astype(np.float32)
    image = develop(colours, CameraLook.plain(), rng)
    expected = colours.transpose(1, 2, 0)
    np.testing.assert_allclose(image, expected, atol=0.51)


def test_develop__noise_of_the_right_strength_at_any_size():
    look = CameraLook(1.0, np.ones(3), 1.0, 8.0, 0.0)
    grey = np.full((3, 700, 90), 128, np.float32)
    image = develop(grey, look, np.random.default_rng(1)).astype(float)
    assert image.std() == pytest.approx(8, rel=0.05)
    assert image.mean() == pytest.approx(128, abs=0.3)
    corr = np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1]
    assert abs(corr) < 0.02
