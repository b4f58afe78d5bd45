"""End of the pipeline."""

import numpy as np
import pytest
import torch

pytest.importorskip('mmdet')
from mmssl.downstream.detection.pack_det_keypoints import PackDetKeypoints

pytestmark = pytest.mark.downstream


def results(flags=None):
    given = dict(
        img=np.zeros((4, 6, 3), np.uint8),
        img_shape=(4, 6),
        img_id=7,
        gt_bboxes=np.arange(12, dtype=np.float32).reshape(3, 4),
        gt_bboxes_labels=np.zeros(3, np.int64),
        gt_keypoints=np.arange(18, dtype=np.float32).reshape(3, 2, 3),
    )
    if flags is not None:
        given['gt_ignore_flags'] = np.array(flags, bool)
    return given


def test_pack__rows_stay_beside_their_boxes():
    packed = PackDetKeypoints()(results(flags=[False, True, False]))
    people = packed['data_samples'].gt_instances
    crowd = packed['data_samples'].ignored_instances
    given = results()['gt_keypoints']
    assert people.keypoints.equal(torch.from_numpy(given[[0, 2]]))
    assert people.bboxes[:, 0].tolist() == [0, 8]
    assert crowd.keypoints.equal(torch.from_numpy(given[[1]]))
    assert crowd.bboxes[:, 0].tolist() == [4]
    assert packed['inputs'].shape == (3, 4, 6)


def test_pack__without_flags_all_count():
    sample = PackDetKeypoints(meta_keys=('img_id',))(results())['data_samples']
    assert len(sample.gt_instances.keypoints) == 3
    assert sample.metainfo == {'img_id': 7}


def test_pack__of_nobody():
    given = results(flags=[])
    for key in ('gt_bboxes', 'gt_bboxes_labels', 'gt_keypoints'):
        given[key] = given[key][:0]
    people = PackDetKeypoints()(given)['data_samples'].gt_instances
    assert people.keypoints.shape == (0, 2, 3)
