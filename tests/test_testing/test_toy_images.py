"""Generated photos."""

import cv2
import numpy as np
import pytest

from mmssl.testing.toy_images import make_toy_images, photo_like, write_photo


def test_photo_like__equal_seeds_give_equal_pixels():
    one, same, other = (
        photo_like((40, 56), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one.shape == (40, 56, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, same)
    assert np.abs(one.astype(int) - other).mean() > 10


def test_photo_like__coarse_structures_are_stronger_than_fine_ones():
    """As in photos, where power falls with about frequency squared."""
    grey = photo_like((128, 128), np.random.default_rng(3)).mean(2)
    power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
    rows, cols = np.meshgrid(*2 * [np.fft.fftfreq(128)], indexing='ij')
    radius = np.hypot(rows, cols)
    bands = [
        power[(radius >= low) & (radius < 2 * low)].mean()
        for low in (1 / 64, 1 / 16, 1 / 4)
    ]
    assert bands[0] > 5 * bands[1] > 25 * bands[2]


def test_photo_like__classes_can_be_told_by_mean_colour():
    """Nearest mean colour: far above chance, so that probes can learn."""
    means = np.array(
        [
            [
                photo_like((48, 48), np.random.default_rng(10 * k + i), k)
                .reshape(-1, 3)
                .mean(0)
                for i in range(8)
            ]
            for k in range(2)
        ]
    )
    centres = means[:, :4].mean(1)
    distances = np.linalg.norm(means[:, 4:, None] - centres, axis=-1)
    assert (distances.argmin(-1) == np.arange(2)[:, None]).mean() >= 0.75


def test_make_toy_images__without_classes(tmp_path):
    folder = make_toy_images(
        tmp_path / 'a', 3, size=(24, 32), list_name='all.txt', suffix='.png'
    )
    names = ['0000.png', '0001.png', '0002.png']
    assert (folder / 'all.txt').read_text().split() == names
    for i, name in enumerate(names):
        want = photo_like((24, 32), np.random.default_rng([0, i]))
        got = cv2.imread(str(folder / name))[..., ::-1]
        np.testing.assert_array_equal(got, want)


def test_make_toy_images__with_classes_and_several_sizes(tmp_path):
    folder = make_toy_images(
        tmp_path,
        5,
        size=[(24, 32), (32, 24)],
        classes=['cat', 'dog'],
        list_name='train.txt',
    )
    lines = (folder / 'train.txt').read_text().splitlines()
    assert lines[:2] == ['cat/0000.jpg 0', 'dog/0001.jpg 1']
    assert sorted(p.name for p in folder.glob('cat/*')) == [
        '0000.jpg',
        '0002.jpg',
        '0004.jpg',
    ]
    sizes = [cv2.imread(str(folder / x.split()[0])).shape for x in lines]
    assert sizes[:3] == [(24, 32, 3), (32, 24, 3), (24, 32, 3)]


def test_make_toy_images__unknown_suffix(tmp_path):
    with pytest.raises(ValueError, match=r"'.jpg', '.png'.*got '.gif'"):
        make_toy_images(tmp_path, suffix='.gif')


def test_write_photo__failure_names_the_file(tmp_path):
    (tmp_path / 'a.png').mkdir()
    with pytest.raises(OSError, match=r'a\.png'):
        write_photo(tmp_path / 'a.png', np.zeros((4, 4, 3), np.uint8))
