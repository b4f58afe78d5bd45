"""Rows of one process, and of two by gloo."""

import multiprocessing
import socket

import torch
from torch import distributed

from mmssl.probes.gather import first_of_each, gather_in_order, gather_rows


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


def process(rank, port, results):
    torch.set_num_threads(1)
    distributed.init_process_group(
        'gloo', f'tcp://127.0.0.1:{port}', rank=rank, world_size=2
    )
    for numbers in CASES:
        found = [
            [part.tolist() for part in gather_rows(rows_of(rank, numbers), c)]
            for c in (2, 100)
        ]
        results.put((rank, numbers, found))
    # 5 samples: the sampler gives 0, 2, 4 and 1, 3, 0
    places = torch.tensor([[0, 2, 4], [1, 3, 0]][rank])
    ordered = gather_in_order(places, places.float() * 2)
    results.put((rank, 'order', [part.tolist() for part in ordered]))
    distributed.barrier()
    distributed.destroy_process_group()


def test_two_processes():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context('fork')
    results = context.Queue()
    processes = [
        context.Process(target=process, args=(rank, port, results))
        for rank in range(2)
    ]
    for one in processes:
        one.start()
    found = {}
    for _ in range(2 * (len(CASES) + 1)):
        rank, name, value = results.get(timeout=60)
        found[rank, name] = value
    for one in processes:
        one.join(60)
        assert one.exitcode == 0
    for rank in range(2):
        for numbers in CASES:
            expected = [rows_of(r, numbers).tolist() for r in range(2)]
            assert found[rank, numbers] == [expected, expected]
        assert found[rank, 'order'] == [
            [0, 1, 2, 3, 4],
            [0.0, 2.0, 4.0, 6.0, 8.0],
        ]
