"""Generated people."""

import json

import cv2
import numpy as np
import pytest

from mmssl.testing.toy_people import PARTS, make_toy_people, toy_person


def people(n, size=(96, 48)):
    return [toy_person(size, np.random.default_rng(i)) for i in range(n)]


def test_toy_person__equal_seeds_give_equal_pixels():
    one, same, other = (
        toy_person((96, 48), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one.image.dtype == one.mask.dtype == np.uint8
    assert one.image.shape == (96, 48, 3)
    np.testing.assert_array_equal(one.image, same.image)
    np.testing.assert_array_equal(one.mask, same.mask)
    assert np.abs(one.image.astype(int) - other.image).mean() > 10


@pytest.mark.parametrize('size', [(48, 24), (160, 75), (64, 64)])
def test_toy_person__parts_lie_one_above_the_other(size):
    for person in people(20, size):
        shares = np.bincount(person.mask.ravel(), minlength=4) / np.prod(size)
        assert len(shares) == 4
        assert shares[0] > 0.3
        assert (shares[1:] > (0.005, 0.03, 0.02)).all()
        rows = [
            np.nonzero(person.mask == part)[0].mean() for part in (1, 2, 3)
        ]
        assert rows == sorted(rows)
        assert 0.15 * size[0] < rows[2] - rows[0]


def test_toy_person__parts_differ_from_each_other_and_the_background():
    """In colour; hence k-means can find them."""
    gaps = []
    for person in people(40):
        means = np.array(
            [person.image[person.mask == part].mean(0) for part in (0, 2, 3)]
        )
        distances = np.linalg.norm(means[:, None] - means, axis=-1)
        gaps.append(distances[np.triu_indices(3, 1)].min())
    assert np.median(gaps) > 50
    assert min(gaps) > 20


def test_toy_person__colour_alone_does_not_tell_upper_from_lower():
    """A probe must know the place or the shape."""
    upper, lower = (
        np.array([p.image[p.mask == part].mean(0) for p in people(40)])
        for part in (2, 3)
    )
    gap = abs(upper.mean(0) - lower.mean(0)).max()
    assert gap < 0.5 * np.concatenate([upper, lower]).std(0).min()


def test_make_toy_people__images_masks_and_names(tmp_path):
    folder = make_toy_people(
        tmp_path / 'p', 3, size=[(48, 24), (64, 32)], suffix='.png', seed=5
    )
    names = json.loads((folder / 'labels.json').read_text())
    assert names == {'classes': list(PARTS)}
    assert len(list(folder.rglob('*.png'))) == 6
    for i, size in enumerate([(48, 24), (64, 32), (48, 24)]):
        want = toy_person(size, np.random.default_rng([5, i]))
        image = cv2.imread(str(folder / 'images' / f'{i:04d}.png'))[..., ::-1]
        mask = cv2.imread(str(folder / f'masks/{i:04d}.png'), -1)
        np.testing.assert_array_equal(image, want.image)
        np.testing.assert_array_equal(mask, want.mask)


def test_make_toy_people__a_mask_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'masks' / '0000.png').mkdir(parents=True)
    with pytest.raises(OSError, match=r'0000\.png'):
        make_toy_people(tmp_path, 1)
