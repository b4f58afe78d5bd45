"""Which number counts."""

from __future__ import annotations

import pytest

from mmssl.downstream.metrics import numbers_of, pick_metric

COCO = {'coco/bbox_mAP': 0.3, 'coco/bbox_mAP_50': 0.5, 'coco/segm_mAP': 0.2}


def test_numbers__text_is_left_out():
    found = numbers_of({'a': 1, 'b': '0.5', 'c': 'x', 'd': None, 'e': [1]})
    assert found == {'a': 1.0, 'b': 0.5}


@pytest.mark.parametrize(
    ('metrics', 'wanted', 'name'),
    [
        (COCO, 'coco/segm_mAP', 'coco/segm_mAP'),
        (COCO, 'segm_mAP', 'coco/segm_mAP'),
        (COCO, None, 'coco/bbox_mAP'),
        ({'aAcc': 9.0, 'mIoU': 3.0}, None, 'mIoU'),
        ({'accuracy/top1': 3.0}, None, 'accuracy/top1'),
        ({'coco/AP': 0.3, 'coco/AP .5': 0.4}, None, 'coco/AP'),
        ({'rare': 1.0, 'b': 2.0}, None, 'rare'),
        ({'x/mAP': 1.0, 'y/mAP': 2.0}, None, 'x/mAP'),
    ],
)
def test_pick__by_name_or_by_custom(metrics, wanted, name):
    assert pick_metric(metrics, wanted) == (name, metrics[name])


def test_pick__none_or_several():
    with pytest.raises(ValueError, match=r"no metric 'AP'; .* coco/bbox_mAP,"):
        pick_metric(COCO, 'AP')
    with pytest.raises(ValueError, match='several metrics end in'):
        pick_metric({'x/mAP': 1.0, 'y/mAP': 2.0}, 'mAP')
    with pytest.raises(ValueError, match='gave no number'):
        pick_metric({})
