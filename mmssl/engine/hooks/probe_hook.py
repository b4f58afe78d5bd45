"""Measure the features now and then while they are learned."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop

from mmssl.registry import HOOKS, TASK_UTILS
from mmssl.utils.model_wrapper import unwrapped
from mmssl.utils.random_state import random_state, set_random_state

_KEY = 'probes'


@HOOKS.register_module()
class ProbeHook(Hook):
    """Run probes at an interval, before the first step and after the last.

    Each number goes to the log and, as ``probe/{name}``, to the backends of
    the visualizer and to the message hub. Training goes on as if nothing had
    happened, to the bit: random states, modes and weights are those of
    before. A checkpoint knows at which iteration the probes were run last:
    a resumed run makes up for those that were due and repeats none.

    Args:
        probes: of :mod:`mmssl.probes`, or their configs: objects with
            ``prepare()`` and ``measure(model) -> dict of numbers``, called in
            all processes.
        interval: epochs, or iterations, between two runs; 0: only at the
            start and at the end.
        by_epoch: count epochs or iterations; None: as the training loop
            does.
        start: whether to measure the network before its first step.
        end: whether to measure it after the last.

    Raises:
        ValueError: there are no probes, two of one name, or ``interval`` is
            negative.
    """

    # After the teacher has moved, before checkpoints are written.
    priority = 'LOW'

    def __init__(
        self,
        probes: Sequence[Any],
        interval: int = 1,
        by_epoch: bool | None = None,
        start: bool = True,
        end: bool = True,
    ) -> None:
        self.probes = [
            TASK_UTILS.build(probe) if isinstance(probe, dict) else probe
            for probe in probes
        ]
        names = [probe.name for probe in self.probes]
        if not names or len(set(names)) < len(names) or interval < 0:
            raise ValueError(
                'probes must be at least one, each with its own name, and '
                f'interval >= 0; got {names} and {interval}'
            )
        self.interval = interval
        self.by_epoch = by_epoch
        self.start, self.end = start, end
        self._key = ','.join(sorted(names))
        self._done: int | None = None  # iteration of the last measurement
        self._loaded: int | None = None

    def before_train(self, runner: Any) -> None:
        """Measure the untrained network, or what a resumed run owes.

        Raises:
            ValueError: ``by_epoch`` in a run by iterations.
        """
        epochs = isinstance(runner.train_loop, EpochBasedTrainLoop)
        if self.by_epoch is None:
            self.by_epoch = epochs
        if self.by_epoch and not epochs:
            raise ValueError(
                'ProbeHook(by_epoch=True), but training counts iterations: '
                'set by_epoch=False and interval to a number of iterations'
            )
        with _unchanged(runner):
            for probe in self.probes:
                probe.prepare()
        self._done = self._loaded if runner.iter else None
        if runner.iter == 0 and self.start:
            self.measure(runner, 0)
        elif runner.iter and self._owed(runner):
            self.measure(runner, runner.iter)

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
    ) -> None:
        """Measure every ``interval`` iterations."""
        done = runner.iter + 1  # counted after the hooks
        if not self.by_epoch and self.interval and done % self.interval == 0:
            self.measure(runner, done)

    def after_train_epoch(self, runner: Any, metrics: Any = None) -> None:
        """Measure every ``interval`` epochs."""
        done = runner.epoch + 1
        if self.by_epoch and self.interval and done % self.interval == 0:
            self.measure(runner, runner.iter)

    def after_train(self, runner: Any) -> None:
        """Measure the trained network, if that is not done."""
        complete = runner.iter >= runner.max_iters  # not stopped by a signal
        if self.end and complete and self._done != runner.iter:
            self.measure(runner, runner.iter)

    def measure(self, runner: Any, iteration: int) -> dict[str, float]:
        """Run all probes and log what they found.

        Args:
            runner: Its model is left as it is.
            iteration: Steps done, for the log.

        Returns:
            Name -> number.
        """
        self._done = iteration
        begin = time.perf_counter()
        found: dict[str, float] = {}
        with _unchanged(runner):
            for probe in self.probes:
                found.update(probe.measure(unwrapped(runner.model)))
        seconds = time.perf_counter() - begin
        numbers = ', '.join(f'{name} {v:.2f}' for name, v in found.items())
        runner.logger.info(
            f'probe after {iteration} iterations: {numbers} ({seconds:.1f} s)'
        )
        scalars = {f'probe/{name}': v for name, v in found.items()}
        runner.message_hub.update_scalars(scalars)
        runner.visualizer.add_scalars(scalars, step=iteration)
        return found

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Keep when the probes were run last."""
        if self._done is not None:
            checkpoint.setdefault(_KEY, {})[self._key] = self._done

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Keep it until it is clear that the run is resumed."""
        self._loaded = dict(checkpoint.get(_KEY) or {}).get(self._key)

    def _owed(self, runner: Any) -> bool:
        """Whether a measurement was due where the run was saved."""
        if self._done == runner.iter or not self.interval:
            return False
        if not self.by_epoch:
            return runner.iter % self.interval == 0
        length = len(runner.train_dataloader)
        ended = runner.iter == runner.epoch * length
        return ended and runner.epoch % self.interval == 0


@contextmanager
def _unchanged(runner: Any) -> Iterator[None]:
    """Leave the random states of training as they are."""
    if hasattr(runner, 'beside_training'):
        with runner.beside_training():
            yield
        return
    state = random_state()  # a Runner of mmengine's
    try:
        yield
    finally:
        set_random_state(state)
