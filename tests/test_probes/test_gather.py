"""Rows of one process, and of two by gloo."""

import torch

from mmssl.probes.gather import first_of_each, gather_in_order, gather_rows
from mmssl.testing.process_pair import run_in_pair


def test_first_of_each():
    assert first_of_each(torch.tensor([5, 1, 5, 0, 1])).tolist() == [3, 1, 0]
    assert first_of_each(torch.zeros(0, dtype=torch.int64)).tolist() == []


def test_gather_in_order__one_process():
    places = torch.tensor([3, 1, 3])
    rows = torch.tensor([[3.0], [1.0], [9.0]])
    found = gather_in_order(places, rows, places * 10)
    assert [part.tolist() for part in found] == [
        [1, 3],
        [[1.0], [3.0]],
        [10, 30],
    ]


def rows_of(rank, numbers):
    return torch.arange(float(numbers[rank])).reshape(-1, 1) + 100 * rank


CASES = [(3, 5), (0, 4), (4, 0), (2, 2), (0, 0)]


def _gathered(rank):
    found = {
        numbers: [
            [part.tolist() for part in gather_rows(rows_of(rank, numbers), c)]
            for c in (2, 100)
        ]
        for numbers in CASES
    }
    # 5 samples: the sampler gives 0, 2, 4 and 1, 3, 0
    places = torch.tensor([[0, 2, 4], [1, 3, 0]][rank])
    ordered = gather_in_order(places, places.float() * 2)
    return {**found, 'order': [part.tolist() for part in ordered]}


def test_two_processes():
    found = run_in_pair(_gathered)
    for rank in range(2):
        for numbers in CASES:
            expected = [rows_of(r, numbers).tolist() for r in range(2)]
            assert found[rank][numbers] == [expected, expected]
        assert found[rank]['order'] == [
            [0, 1, 2, 3, 4],
            [0.0, 2.0, 4.0, 6.0, 8.0],
        ]
