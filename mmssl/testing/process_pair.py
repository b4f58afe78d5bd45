"""A function in two processes of one gloo group, for tests."""

from __future__ import annotations

import multiprocessing
import socket
import traceback
from typing import Any, Callable

import torch
from torch import distributed

TIMEOUT = 120.0  # s


def run_in_pair(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Call ``function(rank, *arguments)`` in two forked processes.

    Each has one thread and is a member of the default process group.

    Args:
        function: Returns what can be pickled; tensors as arrays or lists,
            since the process that owns them ends.
        *arguments: Of both.

    Returns:
        What process 0 and process 1 returned.

    Raises:
        RuntimeError: One failed; says where. The other one is ended.

    Example:
        >>> run_in_pair(lambda rank, base: base + rank, 5)
        [5, 6]
    """
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        address = f'tcp://127.0.0.1:{free.getsockname()[1]}'
    context = multiprocessing.get_context('fork')
    results = context.Queue()
    processes = [
        context.Process(
            target=_member, args=(rank, address, function, arguments, results)
        )
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    found = {}
    try:
        for _ in processes:
            rank, value, failure = results.get(timeout=TIMEOUT)
            if failure:
                raise RuntimeError(f'process {rank} failed:\n{failure}')
            found[rank] = value
        for process in processes:
            process.join(TIMEOUT)
    finally:
        for process in processes:
            process.kill()
    codes = [process.exitcode for process in processes]
    if any(codes):
        raise RuntimeError(f'the processes ended with status {codes}')
    return [found[0], found[1]]


def _member(
    rank: int, address: str, function: Callable, arguments: tuple, results: Any
) -> None:
    """Be one of the two."""
    torch.set_num_threads(1)
    distributed.init_process_group('gloo', address, rank=rank, world_size=2)
    try:
        results.put((rank, function(rank, *arguments), ''))
        distributed.barrier()
    except Exception:
        results.put((rank, None, traceback.format_exc()))
        raise
    finally:
        distributed.destroy_process_group()
