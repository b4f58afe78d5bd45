"""Two processes: a group, an order, and failures that are told."""

import pytest
import torch
from torch import distributed

from mmssl.testing.process_pair import run_in_pair


def _sum(rank, base):
    number = torch.tensor(base + rank)
    distributed.all_reduce(number)
    return rank, int(number), torch.get_num_threads()


def test_run__both_answers_in_order():
    assert run_in_pair(_sum, 10) == [(0, 21, 1), (1, 21, 1)]


def _fail(rank):
    if rank:
        raise ValueError('not this one')


def test_run__a_failure_says_where():
    with pytest.raises(RuntimeError, match=r'process 1 failed(.|\n)*not'):
        run_in_pair(_fail)
