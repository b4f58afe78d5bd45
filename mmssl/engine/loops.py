"""The two training loops, resumable at any batch.

mmengine's read and throw away every batch done (by iterations), or resume
at the end of an epoch only (by epochs). The runner of mmssl takes these
instead, under the same names; hooks are called at the same places.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop
from torch import nn
from torch.utils.data import DataLoader

from mmssl.engine.batch_stream import BatchStream
from mmssl.engine.run_config import LaunchError
from mmssl.registry import LOOPS

_SCOPE = 'mmssl'


@LOOPS.register_module()
class ExactIterLoop(IterBasedTrainLoop):
    """Train by iterations; arguments as of ``IterBasedTrainLoop``.

    ``stop_training`` ends training after the present iteration, without the
    validation that may be due; a resumed run makes up for it.

    Args:
        runner: The runner.
        dataloader: Loader, or its config.
        *args: Of the host's loop.
        **kwargs: Of the host's loop.
    """

    def __init__(
        self, runner: Any, dataloader: Any, *args: Any, **kwargs: Any
    ) -> None:
        loader = build_loader(runner, dataloader)
        # The host's would start to read now, before it is known where.
        super().__init__(runner, _NotYet(loader), *args, **kwargs)
        self.dataloader = loader
        self.stream = BatchStream(loader, runner.seed)
        self.dataloader_iterator = self.stream.endless()
        self.validated = True

    def run(self) -> nn.Module:
        """Train to the end; returns the model."""
        runner = self.runner
        runner.call_hook('before_train')
        runner.call_hook('before_train_epoch')
        self._decide_current_val_interval()
        self._validate_if_due()
        while self._iter < self._max_iters and not self.stop_training:
            runner.model.train()
            self.validated = False
            self.run_iter(next(self.dataloader_iterator))
            self._decide_current_val_interval()
            if not self.stop_training:
                self._validate_if_due()
        runner.call_hook('after_train_epoch')
        runner.call_hook('after_train')
        return runner.model

    def _validate_if_due(self) -> None:
        """Validate, unless this iteration's validation is done."""
        due = self._iter >= self.val_begin and (
            self._iter % self.val_interval == 0
            or self._iter == self._max_iters
        )
        if due and not self.validated:
            _validate(self)


@LOOPS.register_module()
class ExactEpochLoop(EpochBasedTrainLoop):
    """Train by epochs; arguments as of ``EpochBasedTrainLoop``.

    A checkpoint of ``CheckpointHook(by_epoch=False)`` is resumed at its
    batch: ``before_train_epoch`` is called once more, the batches done are
    not read, and whatever happens at the end of an epoch happens there.

    ``stop_training`` ends training after the present iteration, without the
    hooks of the epoch's end, which is not reached; a resumed run reaches it.

    Args:
        runner: The runner.
        dataloader: Loader, or its config.
        *args: Of the host's loop.
        **kwargs: Of the host's loop.

    Raises:
        LaunchError: The sampler is endless, or an epoch has no batch.
    """

    def __init__(
        self, runner: Any, dataloader: Any, *args: Any, **kwargs: Any
    ) -> None:
        loader = build_loader(runner, dataloader)
        if getattr(loader.sampler, 'infinite', False):
            raise LaunchError(
                f'{type(loader.sampler).__name__} never ends its first epoch: '
                'train by iterations, or give it infinite=False'
            )
        if len(loader) == 0:
            data: Any = loader.dataset
            raise LaunchError(
                f'an epoch has no batch: {len(data)} samples are '
                f'fewer than batch_size={loader.batch_size}, and drop_last '
                'leaves out what fills no batch: take a smaller batch_size'
            )
        super().__init__(runner, loader, *args, **kwargs)
        self.stream = BatchStream(loader, runner.seed)
        self.validated = True

    def run(self) -> nn.Module:
        """Train to the end; returns the model."""
        self.runner.call_hook('before_train')
        self._decide_current_val_interval()
        if self.stream.position.batches == 0:
            self._validate_if_due()
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            if not self.stop_training:
                self._decide_current_val_interval()
                self._validate_if_due()
        self.runner.call_hook('after_train')
        return self.runner.model

    def run_epoch(self) -> None:
        """Train on what is left of an epoch."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        first = self.stream.position.batches
        for place, batch in enumerate(self.stream.epoch(), first):
            self.validated = False
            self.run_iter(place, batch)
            if self.stop_training:
                return
        self.validated = False
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _validate_if_due(self) -> None:
        """Validate, unless this epoch's validation is done."""
        due = self._epoch >= self.val_begin and (
            self._epoch % self.val_interval == 0
            or self._epoch == self._max_epochs
        )
        if due and not self.validated:
            _validate(self)


def build_loader(runner: Any, dataloader: DataLoader | dict) -> DataLoader:
    """Build a training loader that can start anywhere.

    Args:
        runner: The runner, for its seed.
        dataloader: A loader is returned as it is. In a config, the sampler
            gets numbers, the data set seeds for them, and a batch sampler
            the ability to skip.

    Returns:
        The loader.
    """
    if not isinstance(dataloader, dict):
        return dataloader
    cfg = copy.deepcopy(dataloader)
    if isinstance(cfg.get('dataset'), dict):
        cfg['dataset'] = dict(
            type=f'{_SCOPE}.seeded_dataset',
            dataset=cfg['dataset'],
            seed=runner.seed,
        )
    if isinstance(cfg.get('sampler'), dict):
        cfg['sampler'] = dict(
            type=f'{_SCOPE}.numbered_sampler', sampler=cfg['sampler']
        )
    if isinstance(cfg.get('batch_sampler'), dict):
        cfg['batch_sampler'] = dict(
            type=f'{_SCOPE}.skipping_batch_sampler',
            batch_sampler=cfg['batch_sampler'],
        )
    different = runner._randomness_cfg.get('diff_rank_seed', False)
    return runner.build_dataloader(
        cfg, seed=runner.seed, diff_rank_seed=different
    )


class _NotYet:
    """A loader that yields nothing.

    Args:
        loader: Whose data set it has.
    """

    def __init__(self, loader: DataLoader) -> None:
        self.dataset = loader.dataset

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def _validate(loop: ExactIterLoop | ExactEpochLoop) -> None:
    """Validate, with no effect on what training draws."""
    if loop.runner.val_loop is not None:
        with loop.runner.beside_training():
            loop.runner.val_loop.run()
            loop.validated = True
