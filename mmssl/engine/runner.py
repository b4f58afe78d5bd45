"""The runner of every run: what it resumes goes on to the bit."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.fileio import LocalBackend, get_file_backend, join_path
from mmengine.hooks import EMAHook
from mmengine.runner import Runner, save_checkpoint
from mmengine.runner.base_loop import BaseLoop
from torch import nn

from mmssl.checkpoints.shared_write import write_on_main
from mmssl.engine import (
    lr_scaling,
    resume_notice,
    resuming,
    run_state,
    schedules,
)
from mmssl.engine.checkpoint_contents import checkpoint_contents
from mmssl.engine.speed_options import apply_model_options
from mmssl.registry import RUNNERS
from mmssl.utils.random_state import random_state, set_random_state

_LOOPS = {
    'EpochBasedTrainLoop': 'mmssl.ExactEpochLoop',
    'IterBasedTrainLoop': 'mmssl.ExactIterLoop',
}
_KEY = 'run_state'
# Default hooks that mmengine itself switches off by None.
_OFF = {'checkpoint', 'logger', 'param_scheduler', 'runtime_info'} | {
    'sampler_seed',
    'timer',
}


@RUNNERS.register_module()
class ExactRunner(Runner):
    """mmengine's Runner with checkpoints that hold the state of the run.

    A config stays as it is. The two training loops of mmengine are replaced
    by those of :mod:`mmssl.engine.loops`; :meth:`save_checkpoint` collects
    the state of all processes (:mod:`mmssl.engine.run_state`) and writes
    atomically; :meth:`resume` restores it and says what, if anything, is not
    exact (:mod:`mmssl.engine.resume_notice`).

    Args:
        *args: As of mmengine's Runner.
        **kwargs: As of mmengine's Runner.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._resumed: dict[str, Any] = {}
        self._loaded: dict[str, Any] | None = None  # {} while it resumes
        self._kept_random: dict[str, Any] | None = None
        self.scheduler_cfg: Any = None
        super().__init__(*args, **kwargs)

    # ---- building ----------------------------------------------------------

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the training loop, one that can be resumed anywhere.

        Args:
            loop: Loop, or its config.
        """
        if not isinstance(loop, dict):
            return loop
        loop = copy.deepcopy(loop)
        if 'type' not in loop:
            kind = 'Epoch' if loop.pop('by_epoch') else 'Iter'
            loop['type'] = f'{kind}BasedTrainLoop'
        kind = loop['type']
        name = kind if isinstance(kind, str) else kind.__name__
        loop['type'] = _LOOPS.get(name.split('.')[-1], kind)
        return super().build_train_loop(loop)

    def build_model(self, model: nn.Module | dict) -> nn.Module:
        """Build the model, with what ``speed`` of the config asks for.

        Args:
            model: Model, or its config.
        """
        built = super().build_model(model)
        return apply_model_options(built, self.cfg.get('speed'))

    def register_default_hooks(self, hooks: Any = None) -> None:
        """Register the default hooks; None switches any of them off.

        Args:
            hooks: Name -> hook, its config, or None. mmengine takes None for
                the six hooks alone that it has itself.
        """
        given = hooks or {}
        off = {k for k, v in given.items() if v is None and k not in _OFF}
        super().register_default_hooks(
            {k: given[k] for k in given if k not in off}
        )

    def build_param_scheduler(self, scheduler: Any) -> Any:
        """Build the schedulers; those that begin too late are left out.

        Args:
            scheduler: Config of one or several, or built ones.
        """
        if isinstance(self._train_loop, BaseLoop):
            loop = self._train_loop
            scheduler, dropped = schedules.drop_late(
                scheduler, loop.max_iters, loop.max_epochs
            )
            for text in dropped:
                self.logger.warning(
                    f'{text}: it is left out. For a shorter run, change '
                    'begin and end of param_scheduler as well'
                )
        if self.scheduler_cfg is None:
            self.scheduler_cfg = copy.deepcopy(scheduler)
        return super().build_param_scheduler(scheduler)

    def scale_lr(self, optim_wrapper: Any, auto_scale_lr: Any = None) -> None:
        """Scale the learning rate with the batch size, and log how.

        Args:
            optim_wrapper: Built; changed in place.
            auto_scale_lr: That of the config.
        """
        loader: Any = self._train_dataloader
        size = loader['batch_size'] if isinstance(loader, dict) else None
        for line in lr_scaling.scale_lr(
            optim_wrapper,
            size or loader.batch_size,
            self.world_size,
            auto_scale_lr,
        ):
            self.logger.info(line)

    # ---- hooks and random states -------------------------------------------

    def call_hook(self, fn_name: str, **kwargs: Any) -> None:
        """Call all hooks; random states are restored after those that start.

        Args:
            fn_name: Name of the hooks' method.
            **kwargs: Arguments of the method.
        """
        if fn_name == 'after_val_epoch' and self._kept_random is not None:
            self.train_loop.validated = True
        super().call_hook(fn_name, **kwargs)
        if fn_name == 'before_train':
            self.logger.removeFilter(resuming.gradients_are_not_lost)
        if not self._resumed:
            return
        if fn_name in ('before_train', 'before_train_epoch'):
            run_state.restore_last(self, self._resumed)
        if fn_name == 'before_train_epoch':
            self._resumed = {}

    @contextmanager
    def beside_training(self) -> Iterator[None]:
        """Do something in the midst of training without changing it.

        Random states are put back; a checkpoint that is written meanwhile
        holds those of training.
        """
        self._kept_random = random_state()
        try:
            yield
        finally:
            set_random_state(self._kept_random)
            self._kept_random = None

    def training_random_state(self) -> dict[str, Any]:
        """Return the random states that training goes on with."""
        return self._kept_random or random_state()

    # ---- checkpoints -------------------------------------------------------

    def save_checkpoint(
        self,
        out_dir: str,
        filename: str,
        file_client_args: dict | None = None,
        save_optimizer: bool = True,
        save_param_scheduler: bool = True,
        meta: dict | None = None,
        by_epoch: bool = True,
        backend_args: dict | None = None,
    ) -> None:
        """Write a checkpoint; all processes call this together.

        Args:
            out_dir: Folder.
            filename: Name of the file in it.
            file_client_args: As in mmengine.
            save_optimizer: False leaves out the optimizer's state, and with
                it everything that only resuming needs.
            save_param_scheduler: False leaves out the schedulers' states.
            meta: Added to the checkpoint's ``meta``.
            by_epoch: Whether an epoch has just ended, else an iteration.
            backend_args: As in mmengine, for stores that are no local disk.

        Raises:
            TypeError: ``meta`` is no dict.
            CheckpointWriteError: The file could not be written.
        """
        if meta is not None and not isinstance(meta, dict):
            raise TypeError(f'meta must be a dict, got {type(meta).__name__}')
        # mmengine counts an iteration, and an epoch, after their hooks
        done = dict(
            epoch=self.epoch + int(by_epoch),
            iter=self.iter + int(not by_epoch),
        )
        path = join_path(out_dir, filename, backend_args=backend_args)
        store = get_file_backend(path, backend_args=backend_args)
        local = isinstance(store, LocalBackend) and not file_client_args
        # what is collected are the tensors themselves, so until it is written
        with self._weights_of_training():
            contents = self._contents(
                {**done, **(meta or {})}, save_optimizer, save_param_scheduler
            )
            if local:
                write_on_main(contents, path)
            elif is_main_process():
                save_checkpoint(contents, path, file_client_args, backend_args)

    def _contents(
        self, meta: dict, optimizer: bool, schedulers: bool
    ) -> dict[str, Any] | None:
        """Collect what is written; None but in the first process."""
        self.call_hook('before_collect_checkpoint')  # in all processes
        state = run_state.collect(self) if optimizer else None
        if not is_main_process():
            return None
        contents = checkpoint_contents(self, meta, optimizer, schedulers)
        if state is not None:
            state['conditions'] = resume_notice.conditions(self)
            contents[_KEY] = state
        self.call_hook('before_save_checkpoint', checkpoint=contents)
        return contents

    @contextmanager
    def _weights_of_training(self) -> Iterator[None]:
        """Undo, in the midst of a validation, what EMAHook did for it."""
        loop = self.train_loop
        validates = self._kept_random is not None and not loop.validated
        hooks = [h for h in self.hooks if validates and isinstance(h, EMAHook)]
        for hook in hooks:
            hook._swap_ema_parameters()
        try:
            yield
        finally:
            for hook in hooks:
                hook._swap_ema_parameters()

    def load_checkpoint(self, *args: Any, **kwargs: Any) -> Any:
        """Load weights, as mmengine does; resuming looks at the rest."""
        checkpoint = super().load_checkpoint(*args, **kwargs)
        if self._loaded is not None:
            self._loaded = checkpoint
        return checkpoint

    def resume(
        self,
        filename: str,
        resume_optimizer: bool = True,
        resume_param_scheduler: bool = True,
        map_location: str | Callable = 'default',
    ) -> None:
        """Restore a run; says in the log what is not exact.

        Args:
            filename: Checkpoint.
            resume_optimizer: As in mmengine.
            resume_param_scheduler: As in mmengine.
            map_location: As in ``torch.load``.
        """
        built = schedules.states(self.param_schedulers)
        self._loaded = {}
        super().resume(
            filename, resume_optimizer, resume_param_scheduler, map_location
        )
        checkpoint, self._loaded = self._loaded, None
        self._resumed = checkpoint.get(_KEY) or {}
        found = resuming.resume_data(self, checkpoint['meta'], self._resumed)
        if resume_param_scheduler:
            found += resuming.resume_schedules(self, checkpoint, built)
        if self._resumed and run_state.has_gradients(self):
            self.logger.addFilter(resuming.gradients_are_not_lost)
        device = 'cpu' if not torch.cuda.is_available() else 'this GPU'
        warns, text = resume_notice.notice(self.iter, found, device)
        self.logger.log(logging.WARNING if warns else logging.INFO, text)
