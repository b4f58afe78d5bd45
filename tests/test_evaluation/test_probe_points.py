import numpy as np
import pytest

from mmssl.evaluation import probe_points


@pytest.fixture
def scene():
    """A red upright ellipse on noisy green; its mask."""
    rng = np.random.default_rng(0)
    image = rng.integers(60, 90, (96, 128, 3), dtype=np.uint8)
    image[..., 1] += 60
    y, x = np.mgrid[:96, :128]
    mask = ((y - 50) / 30) ** 2 + ((x - 66) / 16) ** 2 < 1
    image[mask] = (200, 40, 40)
    return image, mask


def test_object_mask__finds_the_odd_colour(scene):
    image, mask = scene
    found = probe_points.object_mask(image)
    union = (found | mask).sum()
    assert (found & mask).sum() / union > 0.85


def test_object_mask__holes_are_filled(scene):
    image, _ = scene
    image[46:54, 62:70] = image[0, 0]
    found = probe_points.object_mask(image)
    assert found[50, 66]


def test_object_mask__nothing_stands_out_gives_the_middle():
    found = probe_points.object_mask(np.full((64, 64, 3), 99, np.uint8))
    assert found[32, 32]
    assert not found[0].any()
    assert not found[:, 0].any()


def test_guess_points__roles(scene):
    image, mask = scene
    points = probe_points.guess_points(image, parts=4)
    assert points.parts.shape == (4, 2)
    assert mask[tuple(points.parts.T)].all()
    assert mask[tuple(points.pair.T)].all()
    assert not mask[tuple(points.background[0])]
    # The first part is the centre of the largest circle inside.
    assert (np.abs(points.parts[0] - (50, 66)) <= (8, 2)).all()
    # The ellipse stands upright, so the pair is one above the other.
    (top, left), (bottom, right) = points.pair
    assert left == right
    assert bottom - top >= 10
    # Parts are spread, not neighbours.
    gaps = np.hypot(*(points.parts[:, None] - points.parts[None]).T)
    assert gaps[~np.eye(4, dtype=bool)].min() >= 6
    # The outlier is far from the object and not on the rim.
    away = np.hypot(*(np.argwhere(mask) - points.background[0]).T).min()
    assert away > 15
    assert (points.background[0] > 8).all()


def test_guess_points__same_picture_same_points(scene):
    one, two = (probe_points.guess_points(scene[0]) for _ in range(2))
    for name in ('parts', 'pair', 'background'):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_guess_points__inside_of_any_picture():
    rng = np.random.default_rng(1)
    for shape in ((32, 32), (33, 200), (128, 40)):
        image = rng.integers(0, 255, (*shape, 3), dtype=np.uint8)
        points = probe_points.guess_points(image, parts=6)
        every = np.concatenate([points.parts, points.pair, points.background])
        assert ((every >= 0) & (every < shape)).all()


def test_guess_points__too_few():
    with pytest.raises(ValueError, match='parts must be >= 1, got 0'):
        probe_points.guess_points(np.zeros((32, 32, 3), np.uint8), 0)
