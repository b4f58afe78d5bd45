"""Images per second, data wait and memory in the log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import Hook

from mmssl.engine.profiling.machine import available_cores
from mmssl.engine.profiling.pipeline_times import slowest, time_pipeline
from mmssl.engine.throughput import (
    Iteration,
    Throughput,
    bottleneck_warning,
    count_images,
)
from mmssl.registry import HOOKS
from mmssl.utils.random_state import kept_cpu_generators


@HOOKS.register_module()
class ThroughputHook(Hook):
    """Log what training reaches, and say once if it waits for data.

    Scalars: ``images_per_s`` (of all processes together), ``data_wait``
    (share of the time of this process spent waiting for batches), both over
    the last ``window`` iterations; ``memory`` (MiB; mmengine logs the GPU's
    itself, here it is the resident memory of a process on the CPU). They are
    those up to the iteration before the logged one. The host's clock is
    read, the device is not waited for: a GPU that still has work queued
    while the loader is waited for loses less than ``data_wait`` says.

    If the share of waiting in a full window is above ``warn_above``, one
    warning names the transform that takes most, measured there and then on
    a few samples; random states are put back.

    Args:
        window: Iterations.
        warn_above: Share from which on waiting is worth a warning; 1 never.
        warm_up: Iterations after a start that do not count: workers start.
        samples: To measure the transforms with.
    """

    # After logging and checkpoints, whose time is no waiting for data.
    priority = 'LOWEST'

    def __init__(
        self,
        window: int = 50,
        warn_above: float = 0.2,
        warm_up: int = 3,
        samples: int = 5,
    ) -> None:
        if not 0 < warn_above <= 1:
            raise ValueError(
                f'warn_above is a share in (0, 1], got {warn_above}'
            )
        self.window = window
        self.warn_above = warn_above
        self.warm_up = warm_up
        self.samples = samples
        self._throughput = Throughput(window)
        self._left = 0.0  # when the last iteration ended
        self._wait = 0.0  # for the batch of this one
        self._seen = 0
        self._warned = False

    def before_train(self, runner: Any) -> None:
        """Begin anew."""
        self._throughput.clear()
        self._seen = 0
        self._left = time.perf_counter()

    def before_train_epoch(self, runner: Any) -> None:
        """What other hooks do between epochs is no waiting."""
        self._left = time.perf_counter()

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        """The batch is there."""
        # Up to here, the hooks before this one have taken time as well.
        stream = getattr(runner.train_loop, 'stream', None)
        self._wait = (
            time.perf_counter() - self._left
            if stream is None
            else stream.waited_s
        )

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Add the iteration, update the scalars, warn if need be."""
        done = time.perf_counter()
        self._seen += 1
        if self._seen > self.warm_up:
            images = count_images(data_batch)
            images = images or runner.train_dataloader.batch_size or 0
            whole = done - self._left
            self._throughput.add(Iteration(images, self._wait, whole))
            self._log(runner)
            self._warn(runner)
        self._left = time.perf_counter()

    def after_val_epoch(
        self, runner: Any, metrics: dict[str, float] | None = None
    ) -> None:
        """Validation is no waiting for data."""
        self._left = time.perf_counter()

    def after_val(self, runner: Any) -> None:
        """Nor is what comes after it."""
        self._left = time.perf_counter()

    def _log(self, runner: Any) -> None:
        """Write the scalars where the logger finds them."""
        hub, window = runner.message_hub, self._throughput
        rate = window.images_per_s * get_world_size()
        hub.update_scalar('train/images_per_s', rate)
        hub.update_scalar('train/data_wait', window.wait_share)
        if not torch.cuda.is_available():
            hub.update_scalar('train/memory', resident_mib())

    def _warn(self, runner: Any) -> None:
        """Warn once, when a full window waits too much."""
        share = self._throughput.wait_share
        full = self._throughput.full
        if self._warned or not full or share <= self.warn_above:
            return
        self._warned = True
        loader = runner.train_dataloader
        text = bottleneck_warning(
            share,
            self.window,
            loader.num_workers,
            available_cores(),
            slowest_transform(loader.dataset, self.samples),
        )
        runner.logger.warning(text)


def slowest_transform(dataset: Any, samples: int) -> tuple[str, float] | None:
    """Measure a few samples in this process, without any trace.

    Args:
        dataset: Of the training data.
        samples: How many.

    Returns:
        Step that takes most CPU time, and its share; None if this dataset
        cannot be measured.
    """
    try:
        with kept_cpu_generators():
            seconds = time_pipeline(
                dataset, samples, warm_up=1, clock=time.thread_time
            )
    except Exception:  # a hint is not worth a run
        return None
    return slowest(seconds)


def resident_mib() -> float:
    """Return the resident memory of this process; 0 where it is not told."""
    status = Path('/proc/self/statm')
    if not status.is_file():
        return 0.0
    import resource

    pages = int(status.read_text().split()[1])
    return pages * resource.getpagesize() / 2**20
