"""Keypoints follow their image."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip('mmdet')
from mmdet.registry import TRANSFORMS

from mmssl.downstream.detection.body import KEYPOINTS, flip_indices
from mmssl.downstream.detection.map_keypoints import (
    MapKeypoints,
    map_keypoints,
)

pytestmark = pytest.mark.downstream
FLIP = flip_indices(KEYPOINTS)
MIRROR = np.array([[-1.0, 0, 40], [0, 1, 0], [0, 0, 1]])


def mapped_by_loops(keypoints, matrix, shape, mirrored):
    result = np.zeros_like(keypoints)
    for n, points in enumerate(keypoints):
        for k, (x, y, seen) in enumerate(points):
            u, v, w = (row[0] * x + row[1] * y + row[2] for row in matrix)
            u, v = u / w, v / w
            if seen and 0 <= u <= shape[1] and 0 <= v <= shape[0]:
                result[n, FLIP[k] if mirrored else k] = u, v, seen
    return result


@pytest.mark.parametrize('mirrored', [False, True])
def test_map__equals_loops(mirrored):
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 40, (5, 17, 3))
    keypoints[..., 2] = rng.integers(0, 3, (5, 17))
    matrix = np.array([[0.9, 0.3, 2], [-0.2, 1.1, 1], [1e-3, 2e-3, 1]])
    matrix = MIRROR @ matrix if mirrored else matrix
    got = map_keypoints(keypoints, matrix, (30, 40), FLIP)
    expected = mapped_by_loops(keypoints, matrix, (30, 40), mirrored)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)
    assert got.dtype == np.float32
    lost = (got[..., 2] == 0).sum() - (keypoints[..., 2] == 0).sum()
    assert lost > 3, 'some of them lie outside the new image'


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.integers(20, 60))
def test_map__mirrored_twice_is_as_before(seed, width):
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(0, 20, (2, 17, 3)).astype(np.float32)
    keypoints[..., 2] = 2
    mirror = np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]])
    once = map_keypoints(keypoints, mirror, (20, width), FLIP)
    assert not np.allclose(once, keypoints)
    twice = map_keypoints(once, mirror, (20, width), FLIP)
    np.testing.assert_allclose(twice, keypoints, atol=1e-4)


def test_map__half_a_turn_keeps_left_and_right():
    turn = np.array([[-1.0, 0, 40], [0, -1, 40], [0, 0, 1]])
    keypoints = np.zeros((1, 17, 3))
    keypoints[0, 1] = 10, 12, 2
    got = map_keypoints(keypoints, turn, (40, 40), FLIP)
    assert got[0, 1].tolist() == [30, 28, 2]
    assert not got[0, 2].any()


def painted(keypoints, shape):
    """An image with a dot of its own colour at each keypoint."""
    image = np.zeros((*shape, 3), np.uint8)
    for k, (x, y, _) in enumerate(keypoints):
        cv2.circle(image, (int(x), int(y)), 3, (10 * k + 60, 40, 200), -1)
    return image


@pytest.mark.parametrize('direction', ['horizontal', 'vertical', 'diagonal'])
def test_map__follows_the_transforms_of_mmdet(direction):
    """The dot of a keypoint is where the keypoint is afterwards."""
    rng = np.random.default_rng(1)
    cells = rng.permutation(48)[:17]
    keypoints = np.stack(
        [cells % 8 * 12 + 6.5, cells // 8 * 12 + 6.5, np.full(17, 2)], 1
    )
    image = painted(keypoints, (72, 96))
    results = dict(
        img=image,
        img_shape=image.shape[:2],
        gt_keypoints=keypoints[None].astype(np.float32),
        flip_indices=FLIP,
    )
    for cfg in (
        dict(type='Resize', scale=(240, 144), keep_ratio=False),
        dict(type='RandomFlip', prob=1.0, direction=direction),
    ):
        results = TRANSFORMS.build(cfg)(results)
    results = MapKeypoints()(results)
    swapped = direction != 'diagonal'
    assert results['img'].shape == (144, 240, 3)
    for k, (x, y, seen) in enumerate(results['gt_keypoints'][0]):
        source = FLIP[k] if swapped else k
        colour = results['img'][int(y), int(x)].tolist()
        assert seen == 2
        np.testing.assert_allclose(colour, (10 * source + 60, 40, 200), atol=2)


def test_map__without_geometric_transforms():
    points = np.array([[[5.5, 5.5, 2], [50.0, 5.5, 2]]], np.float32)
    results = MapKeypoints()(
        dict(gt_keypoints=points, img_shape=(20, 20), flip_indices=[1, 0])
    )
    np.testing.assert_array_equal(
        results['gt_keypoints'], [[[5.5, 5.5, 2], [0, 0, 0]]]
    )


def test_map__removed_boxes_are_told():
    results = dict(
        gt_keypoints=np.zeros((3, 17, 3)),
        gt_bboxes=np.zeros((2, 4)),
        img_shape=(8, 8),
        flip_indices=FLIP,
    )
    with pytest.raises(ValueError, match=r'2 boxes and keypoints of 3'):
        MapKeypoints()(results)
