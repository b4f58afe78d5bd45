import numpy as np
import pytest
import torch

from mmssl.evaluation.metrics.segmentation_metric import SegmentationMetric
from mmssl.probes.segmentation_scores import segmentation_scores


def test_metric__one_confusion_over_the_set():
    rng = np.random.default_rng(0)
    metric = SegmentationMetric()
    metric.dataset_meta = dict(classes=('a', 'b', 'c', 'd'))
    confusion = np.zeros((4, 4), int)
    for size in ((3, 4), (5, 2), (1, 7)):
        true, found = rng.integers(-1, 3, size), rng.integers(0, 4, size)
        for t, f in zip(true.flat, found.flat):
            if t >= 0:
                confusion[t, f] += 1
        sample = dict(
            gt_mask=torch.from_numpy(true), pred_mask=torch.from_numpy(found)
        )
        metric.process({}, [sample])
    expected = segmentation_scores(confusion)
    assert metric.evaluate(3) == {
        'parsing/miou': pytest.approx(expected.miou),
        'parsing/mean_accuracy': pytest.approx(expected.mean_accuracy),
        'parsing/pixel_accuracy': pytest.approx(expected.pixel_accuracy),
        'parsing/classes': 3,
    }


def test_metric__mistakes():
    metric = SegmentationMetric()
    with pytest.raises(ValueError, match='names no classes'):
        metric.process({}, [])
    metric.dataset_meta = dict(classes=('a', 'b'))
    with pytest.raises(ValueError, match="needs 'pred_mask' of each image, b"):
        metric.process({}, [dict(gt_mask=torch.zeros(2, 2))])
    with pytest.raises(ValueError, match='got no image'):
        metric.compute_metrics([])
