"""Data workers that outlive the signals which stop a run.

A cluster sends SIGTERM to every process of a job. PyTorch's workers die of
it, the run dies of its workers, and nothing is saved.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from typing import Any, Callable

from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter


class ShieldedInit:
    """A ``worker_init_fn`` after which only the parent ends the worker.

    SIGTERM of anybody else is ignored, and SIGUSR1 is. Systems without
    ``sigwaitinfo`` (Windows, macOS) keep PyTorch's handling of SIGTERM.

    Args:
        inner: The ``worker_init_fn`` that is called before, or None.
    """

    def __init__(self, inner: Callable[[int], Any] | None) -> None:
        self.inner = inner

    def __call__(self, worker_id: int) -> None:
        """Set up a worker; called in it."""
        if self.inner is not None:
            self.inner(worker_id)
        if hasattr(signal, 'SIGUSR1'):
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        if hasattr(signal, 'sigwaitinfo'):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            threading.Thread(target=_obey_parent, daemon=True).start()


def shield_workers(loader: DataLoader) -> DataLoader:
    """Make the future workers of a loader obey their parent alone.

    Args:
        loader: Changed in place; nothing happens where it is done already.

    Returns:
        The loader.
    """
    if not isinstance(loader.worker_init_fn, ShieldedInit):
        loader.worker_init_fn = ShieldedInit(loader.worker_init_fn)
    return loader


def end_workers() -> None:
    """End the data workers of this process, whoever holds their loaders.

    At the interpreter's exit, PyTorch waits 5 s for each worker of a loader
    with pinned memory that nobody has told to end: too long for a process
    that is about to be killed.
    """
    for thing in gc.get_objects():
        if issubclass(type(thing), _MultiProcessingDataLoaderIter):
            thing._shutdown_workers()


def _obey_parent() -> None:
    """End the process when its parent says so; runs in a thread."""
    while True:
        told = signal.sigwaitinfo({signal.SIGTERM})
        if told.si_pid == os.getppid():
            os._exit(0)
