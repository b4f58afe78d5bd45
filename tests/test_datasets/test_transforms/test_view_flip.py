import numpy as np
import pytest

from mmssl.datasets.transforms import FlipView
from mmssl.testing.toys import textured_image


def test_flip__mirrors_pixels_and_record():
    img = textured_image(5, 8, np.random.default_rng(0))
    data = dict(img=img, rng=np.random.default_rng(0))
    once = FlipView(prob=1.0)(dict(data))
    np.testing.assert_array_equal(once['img'], img[:, ::-1])
    assert once['view_geometry'].tolist() == [0, 0, 5, 8, 1]
    assert once['img'].flags.c_contiguous
    twice = FlipView(prob=1.0)(dict(once))
    np.testing.assert_array_equal(twice['img'], img)
    assert twice['view_geometry'].tolist() == [0, 0, 5, 8, 0]
    never = FlipView(prob=0.0)(dict(data))
    np.testing.assert_array_equal(never['img'], img)
    assert never['view_geometry'].tolist() == [0, 0, 5, 8, 0]


def test_flip__as_often_as_asked():
    rng = np.random.default_rng(0)
    img = np.zeros((1, 2, 3), np.uint8)
    flip = FlipView(prob=0.3)
    count = sum(
        flip(dict(img=img, rng=rng))['view_geometry'][4] for _ in range(2000)
    )
    assert abs(count - 600) < 4 * (2000 * 0.3 * 0.7) ** 0.5


def test_flip__prob_out_of_range():
    with pytest.raises(ValueError, match=r'prob must lie in \[0, 1\], got 2'):
        FlipView(prob=2)
