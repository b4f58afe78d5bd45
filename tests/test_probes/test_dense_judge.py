import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader, Sampler

from mmssl.probes.dense_judge import (
    counted_places,
    judge_batch_,
    numbered_batches,
)
from mmssl.testing.process_pair import run_in_pair


def test_batches__know_their_samples():
    class Backwards(Sampler):
        def __iter__(self):
            return iter([4, 3, 2, 1, 0])

        def __len__(self):
            return 5

    data = [dict(data_samples=i) for i in range(5)]
    loader = DataLoader(
        data, 2, sampler=Backwards(), collate_fn=pseudo_collate
    )
    found = [
        (batch['data_samples'], places)
        for batch, places in numbered_batches(loader)
    ]
    assert found == [([4, 3], [4, 3]), ([2, 1], [2, 1]), ([0], [0])]


def test_judge__counts_the_pixels_of_some():
    confusion = torch.zeros(2, 2, dtype=torch.int64)
    scores = torch.zeros(3, 2, 1, 1)
    scores[:, 1] = torch.tensor([1.0, -1, 1])[:, None, None]
    masks = [torch.ones(2, 2), torch.ones(1, 3), torch.zeros(1, 2)]
    judge_batch_(confusion, scores, masks, [True, False, True])
    assert confusion.tolist() == [[0, 2], [0, 4]]
    judge_batch_(confusion, scores, masks)
    assert confusion.tolist() == [[0, 4], [3, 8]]


def _counted(rank):
    return counted_places([[2, 0, 4], [1, 3, 2]][rank])


def test_counted__once_over_processes():
    assert counted_places([3, 3, 1]) == [True, False, True]
    assert run_in_pair(_counted) == [[True] * 3, [True, True, False]]
