import numpy as np
import pytest

from mmssl.worlds.puppets.tiles import (
    CLOTH_PERIOD,
    cloth_tiles,
    periodic_noise,
)


@pytest.fixture(scope='module')
def tiles():
    return cloth_tiles()


def test_periodic_noise__has_no_seam():
    noise = periodic_noise(np.random.default_rng(0), 64, 1.5)
    inside = np.abs(np.diff(noise, axis=0)).mean()
    seam = np.abs(noise[0] - noise[-1]).mean()
    assert seam < 1.5 * inside
    assert noise.std() == pytest.approx(0.2, rel=0.1)


def test_periodic_noise__leaves_high_frequencies_out():
    noise = periodic_noise(np.random.default_rng(0), 64, 1.0, cut=0.1)
    spectrum = np.abs(np.fft.fft2(noise - noise.mean()))
    high = np.abs(np.fft.fftfreq(64)) > 0.2
    assert spectrum[high].max() < 0.02 * spectrum.max()


def test_cloth_tiles__all_vary_within_their_range(tiles):
    for name, tile in tiles.items():
        assert tile.shape == (CLOTH_PERIOD, CLOTH_PERIOD, 2), name
        assert tile.min() >= 0, name
        assert tile.max() <= 1, name
        assert tile.std() > 0.04, name


def test_cloth_tiles__differ(tiles):
    flat = np.stack([tile[::3, ::3].ravel() for tile in tiles.values()])
    far = np.abs(flat[:, None] - flat[None]).mean(-1)
    assert far[~np.eye(len(flat), dtype=bool)].min() > 0.01


def test_cloth_tiles__stripes_repeat(tiles):
    rows = tiles['stripes'][..., 0].mean(1)
    spectrum = np.abs(np.fft.rfft(rows - rows.mean()))
    assert spectrum.argmax() == CLOTH_PERIOD // 16


def test_cloth_tiles__a_face_has_two_eyes_at_the_same_height(tiles):
    for name in ('face_0', 'face_1', 'face_beard'):
        dark = tiles[name][26:33, :, 0].mean(0)
        middle = CLOTH_PERIOD // 2
        left, right = dark[:middle].argmax(), middle + dark[middle:].argmax()
        assert abs((middle - left) - (right - middle)) <= 2, name
        assert dark[left] > 0.5, name
        assert dark[middle] < 0.4, name
