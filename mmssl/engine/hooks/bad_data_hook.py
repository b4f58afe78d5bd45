"""Count the bad samples of a run, write them down, stop when too many."""

from __future__ import annotations

import logging
import os
from typing import Any

from mmengine.dist import (
    all_gather_object,
    get_world_size,
    is_main_process,
)
from mmengine.hooks import Hook

from mmssl.datasets.replacement import batch_size, replaced_in
from mmssl.engine.bad_data import BadData
from mmssl.io.errors import BadDataError
from mmssl.registry import HOOKS

_FILE = 'bad_samples.txt'
_KEY = 'bad_data'


@HOOKS.register_module()
class BadDataHook(Hook):
    """Keep count of the samples that were replaced because they are bad.

    They are counted over all processes, logged as ``bad_samples`` once there
    are any, listed in ``bad_samples.txt`` of the work dir, and kept in
    checkpoints. Too many end the run with the list.

    Args:
        max_share: Share of the draws of the run that may meet a file that
            cannot be read. 1.0 never stops.
        min_count: Fewer such draws never stop a run.
        interval: Iterations between two counts over all processes; with one
            process, every iteration counts.

    Raises:
        ValueError: An argument is out of range.
    """

    # Before the log is written and before checkpoints are.
    priority = 'VERY_HIGH'

    def __init__(
        self, max_share: float = 0.01, min_count: int = 10, interval: int = 50
    ) -> None:
        if not 0 <= max_share <= 1 or min_count < 1 or interval < 1:
            raise ValueError(
                'max_share must be in 0..1, min_count and interval at least '
                f'1, got {max_share}, {min_count} and {interval}'
            )
        self.max_share = max_share
        self.min_count = min_count
        self.interval = interval
        self._run = BadData()  # of all processes
        self._own = BadData()  # of this one, not yet part of the above
        self._left_out: list[str] = []
        self._total: BadData | None = None  # both, of all processes
        self._loaded: dict[str, Any] | None = None
        self._resumed: dict[str, Any] = {}
        self._told = 0  # files named so far

    def before_train(self, runner: Any) -> None:
        """Take up the counts of a resumed run; write down what is known."""
        if self._loaded is not None and runner.iter:
            self._run = BadData.from_state(self._loaded)
        if self._resumed:
            self._run = BadData.from_state(self._resumed['run'])
            self._own = BadData.from_state(self._resumed['own'])
        dataset = getattr(runner.train_dataloader, 'dataset', None)
        self._left_out = list(getattr(dataset, 'left_out', ()))
        self._write(runner)
        self._told = len(self._run.files)

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Count the batch; of all processes every ``interval`` iterations."""
        self._own.add(batch_size(data_batch), replaced_in(data_batch))
        due = self.every_n_train_iters(runner, self.interval)
        if due or get_world_size() == 1:
            self.count_all(runner)
        if due:
            self._write(runner)
        if self._run.files:
            bad = self._run.unreadable + self._run.refused
            runner.message_hub.update_scalar('train/bad_samples', bad)

    def after_train(self, runner: Any) -> None:
        """Count the last iterations."""
        self.count_all(runner)
        self._write(runner)

    def count_all(self, runner: Any) -> None:
        """Count over all processes; each of them has to call it.

        Raises:
            BadDataError: Too many draws met a file that cannot be read.
        """
        self._add_own(self._run)
        self._own = BadData()
        if len(self._run.files) > self._told:
            self._tell(runner)
        try:
            self._run.check(
                self.max_share, self.min_count, self._report(runner)
            )
        except BadDataError:
            self._write(runner)
            raise

    def before_collect_checkpoint(self, runner: Any) -> None:
        """Add up the counts of all processes; each of them calls this.

        The hook's own stay as they are: a save changes no logged count.
        """
        self._total = BadData.from_state(self._run.state())
        self._add_own(self._total)

    def process_state(self) -> dict[str, Any]:
        """Return the counts as this process has them."""
        return dict(run=self._run.state(), own=self._own.state())

    def load_process_state(self, state: dict[str, Any]) -> None:
        """Keep what :meth:`process_state` returned for the start."""
        self._resumed = state

    def _add_own(self, total: BadData) -> None:
        """Add every process's own counts; each process calls this."""
        if get_world_size() == 1:
            total.merge(self._own)
            return
        for state in all_gather_object(self._own.state()):
            total.merge(BadData.from_state(state))

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Keep the counts."""
        total, self._total = self._total, None
        if total is None:  # a Runner of mmengine's: of this process
            total = BadData.from_state(self._run.state())
            total.merge(self._own)
        if total.draws:  # the share of a resumed run is that of the run
            checkpoint[_KEY] = total.state()

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Keep the counts until it is clear that the run is resumed."""
        self._loaded = checkpoint.get(_KEY)

    def before_val_epoch(self, runner: Any) -> None:
        """Say on how many samples the numbers are."""
        self._say_left_out(runner, runner.val_dataloader)

    def before_test_epoch(self, runner: Any) -> None:
        """Say on how many samples the numbers are."""
        self._say_left_out(runner, runner.test_dataloader)

    def _say_left_out(self, runner: Any, loader: Any) -> None:
        dataset = getattr(loader, 'dataset', None)
        left_out = getattr(dataset, 'left_out', ())
        if left_out:
            runner.logger.warning(
                f'evaluating {len(loader.dataset)} samples; left out: '
                f'{len(left_out)}'
            )

    def _tell(self, runner: Any) -> None:
        """Log and write down files that are new."""
        files = list(self._run.files)
        new = [one.text() for one in files[self._told : self._told + 3]]
        more = len(files) - self._told - len(new)
        self._told = len(files)
        self._write(runner)
        if not is_main_process():
            return
        runner.logger.log(
            logging.WARNING,
            f'{self._run.unreadable + self._run.refused} of '
            f'{self._run.draws} samples were replaced, '
            f'{self._run.unreadable} of them because a file cannot be read '
            f'({self._run.share:.2%}; from {self.min_count} on, the run '
            f'stops above {self.max_share:.2%}). New in {_FILE}: '
            + '; '.join(new)
            + (f'; and {more} more' if more else ''),
        )

    def _write(self, runner: Any) -> None:
        """Write the list, if there is anything to tell."""
        if is_main_process() and (self._left_out or self._run.files):
            self._run.write(self._report(runner), self._left_out)

    @staticmethod
    def _report(runner: Any) -> str:
        return os.path.join(runner.work_dir, _FILE)
