"""COCO's names."""

import pytest

pytest.importorskip('mmdet')
from mmssl.downstream.detection.body import KEYPOINTS, flip_indices

pytestmark = pytest.mark.downstream


def test_keypoints__flip_as_published():
    expected = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    assert flip_indices(KEYPOINTS) == expected


def test_keypoints__are_those_of_mmpose():
    pytest.importorskip('mmpose')
    from mmpose.datasets import CocoDataset

    info = CocoDataset(ann_file='', lazy_init=True).metainfo
    names = [info['keypoint_id2name'][i] for i in range(17)]
    assert list(KEYPOINTS) == names
    assert flip_indices(KEYPOINTS) == list(info['flip_indices'])


def test_flip_indices__twice_is_nothing():
    indices = flip_indices(KEYPOINTS)
    assert [indices[i] for i in indices] == list(range(17))


def test_flip_indices__names_the_missing_side():
    with pytest.raises(ValueError, match="'left_eye' needs 'right_eye'"):
        flip_indices(('nose', 'left_eye'))
