import numpy as np
import pytest

from mmssl.datasets.transforms import FlipRegions
from mmssl.datasets.transforms.region_flip import flipped_boxes


def sample(seed=0):
    img = np.zeros((6, 10, 3), np.uint8)
    img[1:4, 2:5] = 9
    return dict(
        img=img,
        gt_bboxes=np.array([[2, 1, 5, 4]], np.float32),
        rng=np.random.default_rng(seed),
    )


def test_flip__box_follows_the_pixels():
    results = FlipRegions(prob=1.0)(sample())
    x1, y1, x2, y2 = results['gt_bboxes'][0].astype(int)
    assert (x1, y1, x2, y2) == (5, 1, 8, 4)
    assert results['flip'] is True
    assert (results['img'][y1:y2, x1:x2] == 9).all()
    assert results['img'].sum() == 9 * 3 * 9
    boxes = np.random.default_rng(0).uniform(0, 10, (5, 4))
    np.testing.assert_allclose(
        flipped_boxes(flipped_boxes(boxes, 10), 10), boxes
    )


def test_flip__as_often_as_asked():
    assert FlipRegions(prob=0.0)(sample())['gt_bboxes'][0, 0] == 2
    flips = [FlipRegions(prob=0.3)(sample(i))['flip'] for i in range(400)]
    assert 0.2 < np.mean(flips) < 0.4
    with pytest.raises(ValueError, match=r'prob must be in \[0, 1\], got 2'):
        FlipRegions(prob=2)
