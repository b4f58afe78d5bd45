"""The whole probe on images in memory, in one process and in two."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.knn_probe import KnnProbe
from mmssl.registry import TASK_UTILS
from mmssl.testing.process_pair import run_in_pair

PARTS = Path(__file__).parents[1] / 'data' / 'probe_run'
sys.path.insert(0, str(PARTS))
import probe_parts  # noqa: E402

sys.path.remove(str(PARTS))

SPREAD = 100  # so much noise that some are wrong


class MeanColour(nn.Module):
    """A backbone: the image itself, so that features are known."""

    def forward(self, x):
        return (x,)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = MeanColour()
        self.data_preprocessor = ViewsDataPreprocessor(
            mean=(100, 110, 120), std=(10, 20, 30)
        )


def loader(size, batch_size=4, **options):
    dataset = dict(
        type='mmssl.ColouredSet', size=size, spread=SPREAD, **options
    )
    return dict(batch_size=batch_size, dataset=dataset)


def colours(size, seed=0):
    """Normalised mean colour and class of each image."""
    dataset = probe_parts.ColouredSet(size, seed=seed, spread=SPREAD)
    mean = torch.tensor([100.0, 110, 120])
    std = torch.tensor([10.0, 20, 30])
    rows = [
        (dataset[i]['inputs'][0].float().mean((1, 2)) - mean) / std
        for i in range(size)
    ]
    return torch.stack(rows).double(), [i % 3 for i in range(size)]


def naive_top1(queries, bank, k, temperature=0.07, itself=False):
    """Accuracy in plain loops."""
    (rows, labels), (others, classes) = queries, bank
    right = 0
    for i, row in enumerate(rows):
        scored = sorted(
            (-torch.cosine_similarity(row, other, dim=0).item(), j)
            for j, other in enumerate(others)
            if not (itself and i == j)
        )
        votes = [0.0] * 3
        for negative, j in scored[:k]:
            votes[classes[j]] += torch.tensor(-negative / temperature).exp()
        right += max(range(3), key=lambda c: votes[c]) == labels[i]
    return 100 * right / len(rows)


def test_measure__against_a_naive_loop():
    probe = TASK_UTILS.build(
        dict(
            type='mmssl.KnnProbe',
            loader=loader(23, seed=1),
            bank_loader=loader(40),
            k=(3, 11),
            query_chunk=5,
            bank_chunk=7,
        )
    )
    found = probe.measure(Model())
    queries, bank = colours(23, 1), colours(40)
    assert found == {
        'knn_top1': pytest.approx(naive_top1(queries, bank, 3)),
        'knn11_top1': pytest.approx(naive_top1(queries, bank, 11)),
    }
    assert 40 < found['knn_top1'] < 100  # neither chance nor too easy
    half = KnnProbe(loader(23, seed=1), loader(40), k=11, half=True)
    assert half.measure(Model())['knn_top1'] == pytest.approx(
        found['knn11_top1'], abs=5
    )


def test_measure__each_image_with_all_others():
    found = KnnProbe(loader(40), k=7, name='own').measure(Model())
    own = colours(40)
    expected = naive_top1(own, own, 7, itself=True)
    assert found == {'own_top1': pytest.approx(expected)}


def test_measure__unlabelled_images():
    with pytest.raises(ValueError, match='have no gt_label'):
        KnnProbe(loader(5, labelled=False), loader(9)).measure(Model())
    ignoring = KnnProbe(
        loader(5), loader(9, labelled=False), unlabelled='ignore'
    )
    with pytest.raises(ValueError, match='knn: the bank has no labelled im'):
        ignoring.measure(Model())


def test_measure__labels_that_are_no_class():
    probe = KnnProbe(loader(5), loader(9), num_classes=2)
    with pytest.raises(ValueError, match=r'got 2: set num_classes'):
        probe.measure(Model())


def test_prepare__says_whose_loader_is_wrong():
    probe = KnnProbe(loader(5), dict(batch_size=3), name='mine')
    with pytest.raises(ValueError, match="mine: bank_loader needs 'dataset'"):
        probe.prepare()


@pytest.mark.parametrize(
    'wrong', [dict(k=0), dict(k=()), dict(temperature=0.0)]
)
def test_init__out_of_range(wrong):
    with pytest.raises(ValueError, match='k must be >= 1 and temperature > '):
        KnnProbe(loader(5), **wrong)


def _measured(rank):
    apart = KnnProbe(loader(23, seed=1), loader(41), k=(3, 11))
    own = KnnProbe(loader(41), k=7, name='own')
    return {**apart.measure(Model()), **own.measure(Model())}


def test_measure__two_processes():
    found = run_in_pair(_measured)
    queries, bank = colours(23, 1), colours(41)
    expected = {
        'knn_top1': pytest.approx(naive_top1(queries, bank, 3)),
        'knn11_top1': pytest.approx(naive_top1(queries, bank, 11)),
        'own_top1': pytest.approx(naive_top1(bank, bank, 7, itself=True)),
    }
    assert found == [expected, expected]
