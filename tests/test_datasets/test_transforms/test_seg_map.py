import cv2
import numpy as np
import pytest
import torch

from mmssl.datasets.image_masks import ImageMasks
from mmssl.datasets.transforms.seg_map import MaskToSegMap


def test_seg_map__labels_and_what_is_not_judged():
    mask = np.array([[0, 1, -100], [254, -100, 3]], np.int16)
    found = MaskToSegMap().transform(dict(gt_mask=mask))
    assert found['gt_seg_map'].dtype == np.uint8
    assert found['gt_seg_map'].tolist() == [[0, 1, 255], [254, 255, 3]]
    assert found['seg_fields'] == ['gt_seg_map']
    assert found['reduce_zero_label'] is False
    assert mask[0, 2] == -100  # the dataset's own stays


def test_seg_map__mistakes():
    with pytest.raises(ValueError, match=r'use dataset=.*mmssl\.ImageMasks'):
        MaskToSegMap().transform(dict(img=1))
    with pytest.raises(ValueError, match='255 classes, got label 255: group'):
        MaskToSegMap().transform(dict(gt_mask=np.array([[255]])))


@pytest.mark.downstream
def test_seg_map__grouped_classes_through_mmseg(tmp_path):
    """Image and mask hold the same values: they move together."""
    pytest.importorskip('mmseg.datasets')
    values = np.kron([[0, 1], [2, 3]], np.ones((8, 4))).astype(np.uint8)
    values[:2] = 255
    for folder, content in (('images', 60 * values), ('masks', values)):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / 'a.png'), content)
    dataset = ImageMasks(
        'images',
        'masks',
        classes=['none', 'a', 'b', 'c'],
        groups={'other': '*', 'bc': ['b', 'c']},
        data_root=str(tmp_path),
        test_mode=True,
        pipeline=[
            dict(type='mmseg.LoadImageFromFile'),
            dict(type='MaskToSegMap'),
            dict(type='mmseg.Resize', scale=(16, 32)),
            dict(type='mmseg.RandomFlip', prob=1.0, swap_seg_labels=[(0, 1)]),
            dict(type='mmseg.PackSegInputs'),
        ],
    )
    sample = dataset[0]
    assert dataset.metainfo['classes'] == ('other', 'bc')
    labels = sample['data_samples'].gt_sem_seg.data
    assert labels.shape == (1, 32, 16)
    assert torch.equal(labels[0, :4], torch.full((4, 16), 255))
    # the lower half is b and c; left and right change names in a mirror
    assert torch.equal(labels[0, 4:16], torch.ones(12, 16).long())
    assert torch.equal(labels[0, 16:], torch.zeros(16, 16).long())
    shown = sample['inputs'][0, 20:28].float().mean(0)
    assert shown[:6].min() > 150 > 140 > shown[-6:].max()
