"""Save and end when the cluster says that it needs the machine."""

from __future__ import annotations

import signal
from typing import Any

import torch
from mmengine.dist import all_reduce, get_backend, get_world_size
from mmengine.hooks import Hook
from torch import distributed
from torch.utils.data import DataLoader

from mmssl.engine.hooks.checkpoint_hook import CheckpointHook
from mmssl.engine.stop_request import RunStopped, current_request
from mmssl.engine.worker_signals import shield_workers
from mmssl.registry import HOOKS


@HOOKS.register_module()
class StopSignalHook(Hook):
    """Save a checkpoint and end the run after SIGTERM or SIGUSR1.

    The signal is noted at once (:mod:`mmssl.engine.stop_request`) and obeyed
    at the end of the training iteration, or of the validation batch. All
    processes stop together: each tells the others, in one number per
    iteration, whether it got a signal. With GPUs that number travels by gloo
    between the hosts, so that nobody waits for a GPU.

    Only :func:`mmssl.engine.launch.train` handles signals; in a Runner that
    is used without it the hook does nothing.
    """

    # after CheckpointHook: what is saved anyway is not saved twice
    priority = 'LOWEST'

    def __init__(self) -> None:
        self._group: Any = None
        self._training = False
        self._common_batches = 0

    def before_train(self, runner: Any) -> None:
        """Shield the workers; stop if a signal came until here."""
        self._training = True
        _shield(runner)
        if get_world_size() > 1 and get_backend() != 'gloo':
            self._group = distributed.new_group(backend='gloo')
        number = self._agreed()
        if number:
            raise _stopped(runner, number, runner.iter, None)

    def after_train(self, runner: Any) -> None:
        """Stop asking."""
        self._training = False

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
    ) -> None:
        """Save and stop after an iteration in which a signal came."""
        # the loop counts this iteration after its hooks
        self._obey(runner, runner.iter + 1)

    def before_val_epoch(self, runner: Any) -> None:
        """Find how many batches every process has."""
        if self._training:
            batches = torch.tensor(len(runner.val_dataloader))
            all_reduce(batches, op='min', group=self._group)
            self._common_batches = int(batches)

    def after_val_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
    ) -> None:
        """Save and stop within a validation; its result is lost."""
        if batch_idx < self._common_batches:
            self._obey(runner, runner.iter)

    def after_val_epoch(
        self, runner: Any, metrics: dict[str, float] | None = None
    ) -> None:
        """Save and stop after a validation."""
        self._obey(runner, runner.iter)

    def _obey(self, runner: Any, done: int) -> None:
        """Save and stop if any process got a signal."""
        if not self._training:
            return
        number = self._agreed()
        if number:
            hook = _checkpoint_hook(runner)
            hook.save_now(runner, done)
            raise _stopped(runner, number, done, str(hook.last_ckpt))

    def _agreed(self) -> int:
        """Return the signal that any process got, 0 if none did."""
        request = current_request()
        name = request.name if request is not None else None
        number = 0 if name is None else int(signal.Signals[name])
        if get_world_size() == 1:
            return number
        shared = torch.tensor(number)
        all_reduce(shared, op='max', group=self._group)
        return int(shared)


def _checkpoint_hook(runner: Any) -> CheckpointHook:
    """Return the run's hook; one of its own where the run has another."""
    for hook in runner.hooks:
        if isinstance(hook, CheckpointHook):
            return hook
    hook = CheckpointHook(by_epoch=False)
    hook.before_train(runner)
    return hook


def _shield(runner: Any) -> None:
    """Let data workers, which start later, outlive the signal."""
    loops = (runner.train_loop, getattr(runner, 'val_loop', None))
    for loop in loops:
        loader = getattr(loop, 'dataloader', None)
        if isinstance(loader, DataLoader):
            shield_workers(loader)


def _stopped(
    runner: Any, number: int, done: int, saved: str | None
) -> RunStopped:
    """Say how to go on, in the log and in what is raised."""
    text = f'{signal.Signals(number).name}: the run stops '
    if saved is None:
        text += f'before iteration {done + 1}; there was nothing to save'
    else:
        text += f'after iteration {done} of {runner.max_iters}, saved {saved}'
    text += '. Go on with the same command and --resume auto'
    runner.logger.warning(text)
    return RunStopped(text)
