import pytest
import torch
from mmpretrain.evaluation import Accuracy

from mmssl.probes.accuracy import gathered_accuracy, ranked_accuracy


def test_ranked_accuracy__as_mmpretrain_counts():
    logits, labels = torch.randn(200, 9), torch.randint(9, (200,))
    ranked = logits.argsort(dim=1, descending=True)
    found = ranked_accuracy(ranked[:, :5], labels)
    expected = Accuracy.calculate(logits.softmax(1), labels, topk=(1, 5))
    assert found['top1'] == pytest.approx(float(expected[0][0]), abs=1e-4)
    assert found['top5'] == pytest.approx(float(expected[1][0]), abs=1e-4)
    assert ranked_accuracy(ranked[:, :4], labels) == {'top1': found['top1']}


def test_ranked_accuracy__of_the_labelled():
    ranked = torch.tensor([[0], [1], [1], [0]])
    labels = torch.tensor([0, -100, 0, -100])
    assert ranked_accuracy(ranked, labels) == {'top1': 50.0}
    with pytest.raises(ValueError, match='no image of the probe has a label'):
        ranked_accuracy(ranked, torch.full((4,), -100))


def test_gathered_accuracy__an_image_counts_once():
    ranked, labels = torch.tensor([[0], [1], [1]]), torch.tensor([0, 0, 0])
    places = torch.tensor([0, 1, 1])
    assert gathered_accuracy(ranked, labels, places) == {'top1': 50.0}
