"""Real workers: strangers' signals do nothing, the parent's end them."""

from __future__ import annotations

import gc
import os
import signal
import time

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmssl.engine.worker_signals import (
    ShieldedInit,
    end_workers,
    shield_workers,
)

pytestmark = pytest.mark.skipif(
    not hasattr(signal, 'sigwaitinfo'), reason='needs sigwaitinfo'
)


class Numbers(Dataset):
    def __len__(self):
        return 40

    def __getitem__(self, index):
        time.sleep(0.01)
        return torch.tensor([index, os.getpid()])


def send_from_a_stranger(pid, number):
    """Signal a process from another one than its parent."""
    child = os.fork()
    if child == 0:
        os.kill(pid, number)
        os._exit(0)
    os.waitpid(child, 0)


def gone(pid):
    """Whether a process has ended (or is a zombie) within 5 s."""
    for _ in range(500):
        try:
            with open(f'/proc/{pid}/stat') as file:
                if file.read().rsplit(')', 1)[1].split()[0] == 'Z':
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGUSR1])
def test_strangers__signal_does_not_end_a_worker(number):
    loader = shield_workers(DataLoader(Numbers(), batch_size=2, num_workers=1))
    batches = iter(loader)
    first = next(batches)
    worker = int(first[0, 1])
    send_from_a_stranger(worker, number)
    rest = torch.cat([first, *batches])
    assert rest[:, 0].tolist() == list(range(40))
    assert set(rest[:, 1].tolist()) == {worker}


@pytest.mark.slow
def test_parent__ends_a_worker():
    loader = shield_workers(DataLoader(Numbers(), num_workers=1))
    batches = iter(loader)
    worker = int(next(batches)[0, 1])
    os.kill(worker, signal.SIGTERM)
    with pytest.raises(RuntimeError, match='exited unexpectedly'):
        list(batches)
    assert gone(worker)


def test_end_workers__whoever_holds_the_loader():
    gc.collect()
    loader = shield_workers(
        DataLoader(Numbers(), num_workers=2, persistent_workers=True)
    )
    batches = iter(loader)
    workers = {int(next(batches)[0, 1]) for _ in range(4)}
    assert len(workers) == 2
    end_workers()
    assert all(gone(worker) for worker in workers)


def test_shield__once_and_after_the_given_function():
    seen = []
    loader = DataLoader(Numbers(), worker_init_fn=seen.append)
    shielded = shield_workers(loader).worker_init_fn
    assert isinstance(shielded, ShieldedInit)
    assert shield_workers(loader).worker_init_fn is shielded
    assert shielded.inner == seen.append
