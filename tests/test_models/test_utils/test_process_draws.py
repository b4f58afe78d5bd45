"""Random numbers of which every process has its own."""

from __future__ import annotations

import pytest
import torch

from mmssl.models.utils import process_draws
from mmssl.models.utils.process_draws import own_draws


@pytest.mark.parametrize('processes', [1, 3])
def test_draws__of_all_processes_are_those_of_one(monkeypatch, processes):
    found = []
    for rank in range(processes):
        info = rank, processes
        monkeypatch.setattr(process_draws, 'get_dist_info', lambda i=info: i)
        torch.manual_seed(5)
        found.append(own_draws(torch.rand, 8))
    torch.manual_seed(5)
    # image i of process r is image i R + r of one large batch
    assert torch.equal(
        torch.stack(found, 1).flatten(), torch.rand(8 * processes)
    )
