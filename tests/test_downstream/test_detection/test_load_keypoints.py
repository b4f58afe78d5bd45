"""Keypoints from records."""

import numpy as np
import pytest

pytest.importorskip('mmdet')
from mmssl.downstream.detection.load_keypoints import LoadKeypoints

pytestmark = pytest.mark.downstream


def test_load__middles_of_pixels_and_nothing_where_no_label_is():
    flat = [3, 4, 2, 7, 8, 0, 0, 0, 1]
    square = np.array(flat).reshape(3, 3) + [[1, 1, 0]]
    results = LoadKeypoints()(
        dict(instances=[dict(keypoints=flat), dict(keypoints=square)])
    )
    assert results['gt_keypoints'].dtype == np.float32
    np.testing.assert_array_equal(
        results['gt_keypoints'],
        [
            [[3.5, 4.5, 2], [0, 0, 0], [0.5, 0.5, 1]],
            [[4.5, 5.5, 2], [0, 0, 0], [1.5, 1.5, 1]],
        ],
    )
    assert flat == [3, 4, 2, 7, 8, 0, 0, 0, 1], 'the record is as it was'
    assert square[0].tolist() == [4, 5, 2]


def test_load__of_nobody():
    results = LoadKeypoints()(dict(instances=[], flip_indices=[0, 2, 1]))
    assert results['gt_keypoints'].shape == (0, 3, 3)


def test_load__other_data_sets_are_told():
    given = dict(img_path='a.jpg', instances=[dict(bbox=[0, 0, 1, 1])])
    with pytest.raises(ValueError, match=r'a.jpg.*KeypointCocoDataset'):
        LoadKeypoints()(given)
