import pytest
import torch
from mmpretrain.evaluation import Accuracy
from mmpretrain.structures import DataSample

from mmssl.registry import METRICS


def evaluated(pairs):
    metric = METRICS.build(dict(type='mmssl.AccuracyMetric'))
    for predicted, true in pairs:
        metric.process(
            {},
            [
                dict(
                    pred_label=torch.tensor(predicted),
                    gt_label=torch.tensor(true),
                )
            ],
        )
    return metric.evaluate(size=len(pairs))


def test_boxes_of_an_image():
    found = evaluated([([0, 1], [0, 0]), ([], []), ([2], [1]), ([1], [1])])
    assert found == {
        'accuracy/top1': 50.0,
        'accuracy/mean_class': 50.0,
        'accuracy/chance': 50.0,
        'accuracy/number': 4,
        'accuracy/classes': 2,
    }


def test_images__as_mmpretrain_counts():
    logits = torch.randn(40, 5)
    labels = torch.randint(5, (40,))
    theirs = Accuracy()
    samples = [
        DataSample()
        .set_gt_label(label)
        .set_pred_score(row.softmax(0))
        .set_pred_label(row.argmax())
        for row, label in zip(logits, labels)
    ]
    theirs.process({}, [sample.to_dict() for sample in samples])
    ours = METRICS.build(dict(type='mmssl.AccuracyMetric'))
    ours.process({}, [sample.to_dict() for sample in samples])
    expected = theirs.evaluate(40)['accuracy/top1']
    assert ours.evaluate(40)['accuracy/top1'] == pytest.approx(expected)


def test_errors():
    metric = METRICS.build(dict(type='mmssl.AccuracyMetric'))
    sample = dict(pred_label=torch.tensor([1]), img_path='a.jpg')
    with pytest.raises(ValueError, match=r'a\.jpg has only'):
        metric.process({}, [sample])
    with pytest.raises(ValueError, match='got no image'):
        metric.compute_metrics([])
