"""The base of the photometric transforms, and what holds for all of them."""

import numpy as np
import pytest

from mmssl.datasets.transforms.photometric import PhotometricTransform
from mmssl.registry import TRANSFORMS
from mmssl.testing.toy_images import photo_like

NAMES = [
    'ColorJitterView',
    'GaussianBlurView',
    'GrayscaleView',
    'ResizeBlurView',
    'SolarizeView',
]


class AddNoise(PhotometricTransform):
    def change(self, img, rng):
        return img + np.uint8(rng.integers(1, 9))


def sample(seed=0, **more):
    img = photo_like((32, 40), np.random.default_rng(7))
    return dict(img=img, rng=np.random.default_rng(seed), **more)


def test_prob__is_the_share_of_changed_images():
    rng = np.random.default_rng(0)
    img = np.zeros((1, 1, 3), np.uint8)
    transform = AddNoise(prob=0.3)
    changed = sum(
        int(transform(dict(img=img, rng=rng))['img'].any())
        for _ in range(2000)
    )
    assert abs(changed / 2000 - 0.3) < 0.04


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('prob', [0.0, 1.0])
def test_all__prob_0_and_1(name, prob):
    transform = TRANSFORMS.build(dict(type=name, prob=prob))
    for seed in range(20):
        results = sample(seed)
        before = results['img']
        kept = before.copy()
        after = transform(results)['img']
        np.testing.assert_array_equal(before, kept)  # never in place
        assert (after is before) == (prob == 0)
        assert after.dtype == np.uint8
        assert after.shape == before.shape
        assert after.flags.c_contiguous


@pytest.mark.parametrize('name', NAMES)
def test_all__depend_on_the_generator_alone(name):
    transform = TRANSFORMS.build(dict(type=name, prob=0.5))
    np.random.seed(1)
    first = [transform(sample(seed))['img'] for seed in range(8)]
    np.random.seed(2)
    again = [transform(sample(seed))['img'] for seed in range(8)]
    np.testing.assert_array_equal(first, again)
    states = np.random.get_state()[1]
    np.random.seed(2)
    np.testing.assert_array_equal(states, np.random.get_state()[1])
    assert len({img.tobytes() for img in first}) > 1


@pytest.mark.parametrize('name', NAMES)
def test_all__pass_the_geometry_record_through(name):
    transform = TRANSFORMS.build(dict(type=name, prob=1.0))
    record = np.array([1.0, 2.0, 30.0, 40.0, 1.0])
    results = transform(sample(view_geometry=record, ori_shape=(32, 40)))
    assert results['view_geometry'] is record
    assert set(results) == {'img', 'rng', 'view_geometry', 'ori_shape'}


@pytest.mark.parametrize('name', NAMES)
def test_all__any_memory_layout(name):
    transform = TRANSFORMS.build(dict(type=name, prob=1.0))
    img = np.random.default_rng(7).integers(0, 256, (48, 60, 3), np.uint8)
    frozen = img.copy()
    frozen.flags.writeable = False
    for view in (
        img[5:37, 9:49],
        img[:, ::-1],
        np.asfortranarray(img),
        frozen,
    ):
        for seed in range(8, 12):  # orders and factors that reach 0 and 255
            got, want = (
                transform(dict(img=one, rng=np.random.default_rng(seed)))
                for one in (view, np.array(view, order='C'))
            )
            np.testing.assert_array_equal(got['img'], want['img'])
            assert got['img'].flags.c_contiguous


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('prob', [-0.1, 1.5])
def test_all__prob_out_of_range(name, prob):
    with pytest.raises(ValueError, match=f'got {prob}'):
        TRANSFORMS.build(dict(type=name, prob=prob))


@pytest.mark.parametrize('name', NAMES)
def test_all__images_of_other_kinds(name):
    transform = TRANSFORMS.build(dict(type=name))
    for img in (
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ):
        with pytest.raises(ValueError, match=rf'{name} needs .*{img.dtype}'):
            transform(dict(img=img, rng=np.random.default_rng(0)))


def test_repr__shows_the_settings():
    text = repr(TRANSFORMS.build(dict(type='SolarizeView', prob=0.2)))
    assert text == 'SolarizeView(prob=0.2, threshold=128)'
