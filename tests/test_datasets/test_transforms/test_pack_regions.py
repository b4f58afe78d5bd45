import numpy as np
import pytest
import torch

from mmssl.datasets.transforms import PackRegions
from mmssl.io.errors import DataFileError


def sample(boxes):
    rng = np.random.default_rng(0)
    return dict(
        img=rng.integers(0, 256, (20, 30, 3)).astype(np.uint8),
        img_path='a.jpg',
        source='coco.json, image 7',
        gt_bboxes=np.array(boxes, np.float32).reshape(-1, 4),
        gt_bboxes_labels=np.arange(len(boxes)),
        other=1,
    )


def test_pack__tensors_and_meta():
    results = sample([[1, 2, 3, 4], [0, 0, 30, 20]])
    packed = PackRegions()(results)
    image = torch.from_numpy(results['img'])
    assert torch.equal(packed['inputs'].permute(1, 2, 0), image)
    assert packed['inputs'].is_contiguous()
    found = packed['data_samples']
    assert found.gt_boxes.tolist() == [[1, 2, 3, 4], [0, 0, 30, 20]]
    assert found.gt_label.tolist() == [0, 1]
    assert found.gt_label.dtype == torch.int64
    assert found.metainfo.keys() >= {'img_path', 'source'}
    assert 'other' not in found.metainfo


def test_pack__no_box():
    found = PackRegions()(sample([]))['data_samples']
    assert found.gt_boxes.shape == (0, 4)
    assert found.gt_label.shape == (0,)


@pytest.mark.parametrize('box', [[1, 2, 32, 4], [1, 2, 3, 22], [-2, 0, 1, 1]])
def test_pack__boxes_of_another_image(box):
    with pytest.raises(DataFileError, match='30 x 20 px of the image'):
        PackRegions()(sample([[1, 2, 3, 4], box]))
