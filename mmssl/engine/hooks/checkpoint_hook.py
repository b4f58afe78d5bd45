"""Periodic, best and published checkpoints that outlive a full disk."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections import deque
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process, master_only
from mmengine.hooks import CheckpointHook as HostHook

from mmssl.checkpoints.atomic import (
    CheckpointWriteError,
    remove_leftovers,
    write_checkpoint,
    write_text_atomically,
)
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.registry import HOOKS

_BEST = 'best_'  # message hub: best_score, best_ckpt, best_ckpt_<metric>
_ODD = 'odd_ckpt'  # message hub: a checkpoint between two epochs


@HOOKS.register_module()
class CheckpointHook(HostHook):
    """Save checkpoints; an older one goes only when the new one is there.

    mmengine removes the oldest checkpoint, then writes the new one over
    whatever has its name: on a full disk both are lost, and
    ``last_checkpoint`` names a broken file. Here the order is: write the new
    one beside the others, name it in ``last_checkpoint``, remove what is too
    much. So there must be room for one checkpoint more than are kept.

    A save that fails does not end the run: it is reported as an error in the
    log, the last good checkpoint stays, and the next interval tries again.
    After ``max_failed_saves`` failures in a row, and when the last iteration
    cannot be saved, the run stops.

    Args:
        max_failed_saves: Failed saves in a row that stop the run; -1 goes on
            for ever.
        **kwargs: Of :class:`mmengine.hooks.CheckpointHook`; configs need no
            change.

    Raises:
        ValueError: ``max_failed_saves`` is out of range.
    """

    keep_ckpt_ids: deque
    last_ckpt: str | None

    def __init__(self, *args: Any, max_failed_saves: int = 3, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if max_failed_saves < 1 and max_failed_saves != -1:
            raise ValueError(
                'max_failed_saves must be -1 (go on for ever) or >= 1, got '
                f'{max_failed_saves}'
            )
        self.max_failed_saves = max_failed_saves
        self.best_ckpt_path: str | None = None
        self.best_ckpt_path_dict: dict[str, str | None] = {}
        self.saved_iter: int | None = None
        self._good: str | None = None
        self._failed = 0

    def before_train(self, runner: Any) -> None:
        """Find what a resumed run keeps, and clean up after a killed one."""
        super().before_train(runner)
        if runner.iter:
            self._good = runner.message_hub.runtime_info.get('last_ckpt')
        if self.max_keep_ckpts > 0:
            self.keep_ckpt_ids = deque(self.keep_ckpt_ids)
        if is_main_process() and os.path.isdir(self.out_dir):
            for file in remove_leftovers(self.out_dir):
                runner.logger.warning(f'{file}, half written, was removed')

    def save_now(self, runner: Any, done: int) -> str | None:
        """Save between two intervals.

        Args:
            runner: After a training iteration, or in a validation.
            done: Finished training iterations.

        Returns:
            Path of the checkpoint, None if this iteration is saved already.

        Raises:
            CheckpointWriteError: It could not be written.
        """
        if self.saved_iter == done:
            return None
        meta = dict(epoch=runner.epoch, iter=done)
        if not self.by_epoch:
            self._write_step(runner, done, meta)
            return str(self.last_ckpt)
        # the name that an epoch's end has would be wrong in its middle
        path = self._join(f'iter_{done}.pth')
        runner.message_hub.update_info(_ODD, path)
        self._write(runner, path, meta, by_epoch=False)
        return path

    def _save_checkpoint_with_step(
        self, runner: Any, step: int, meta: dict
    ) -> None:
        """Save, or say why not; stop the run if that happens too often."""
        try:
            self._write_step(runner, step, meta)
        except OSError as error:
            self._failed += 1
            last = step >= (
                runner.max_epochs if self.by_epoch else runner.max_iters
            )
            runner.logger.error(
                f'checkpoint {self._failed} in a row that was not saved: '
                f'{error}. {self._advice(last)}'
            )
            if last or self._failed == self.max_failed_saves:
                raise
        else:
            self._failed = 0

    def _write_step(self, runner: Any, step: int, meta: dict) -> None:
        """Write a numbered checkpoint, then remove those too many."""
        hub = runner.message_hub
        names = ('keep_ckpt_ids', 'last_ckpt')
        before = {n: hub.runtime_info.get(n) for n in names}, self.last_ckpt
        path = self._join(self.filename_tmpl.format(step))
        ids = list(getattr(self, 'keep_ckpt_ids', ()))
        if self.max_keep_ckpts > 0:
            # One more than are kept: a run killed before it could remove the
            # oldest does so when it is resumed.
            ids += [step] * (step not in ids)
            hub.update_info('keep_ckpt_ids', ids)
        try:
            self._write(runner, path, meta, by_epoch=self.by_epoch)
        except BaseException:
            for name, value in before[0].items():
                if value is None:
                    hub.runtime_info.pop(name, None)
                else:
                    hub.update_info(name, value)
            self.last_ckpt = before[1]
            raise
        if self.max_keep_ckpts > 0:
            self._remove_outdated(runner, ids)

    def _remove_outdated(self, runner: Any, ids: list[int]) -> None:
        """Keep the last numbered checkpoints of ``ids``, remove the others."""
        hub = runner.message_hub
        outdated = ids[: -self.max_keep_ckpts]
        self.keep_ckpt_ids = deque(ids[-self.max_keep_ckpts :])
        hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        names = [self.filename_tmpl.format(i) for i in outdated]
        self._remove(*map(self._join, names), hub.runtime_info.get(_ODD))
        hub.runtime_info.pop(_ODD, None)

    def _write(
        self, runner: Any, path: str, meta: dict, by_epoch: bool
    ) -> None:
        """Write one checkpoint and name it in ``last_checkpoint``."""
        self.last_ckpt = path
        runner.message_hub.update_info('last_ckpt', path)
        runner.save_checkpoint(
            self.out_dir,
            os.path.basename(path),
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        self.saved_iter = meta['iter']
        self._good = f'{path} (iteration {self.saved_iter})'
        if is_main_process():
            pointer = Path(runner.work_dir) / 'last_checkpoint'
            try:
                write_text_atomically(path, pointer)
            except CheckpointWriteError as error:
                # --resume auto looks at the files themselves, too
                runner.logger.error(str(error))

    def _save_best_checkpoint(self, runner: Any, metrics: dict) -> None:
        """Save the best checkpoint; the one before it goes afterwards."""
        if not self.save_best:
            return
        hub = runner.message_hub
        scores = {
            name: value
            for name, value in hub.runtime_info.items()
            if name.startswith(_BEST)
        }
        before = self._swap_best({})
        try:
            super()._save_best_checkpoint(runner, metrics)
        except OSError as error:
            for name in list(hub.runtime_info):
                if name.startswith(_BEST):
                    del hub.runtime_info[name]
            hub.runtime_info.update(scores)
            self._swap_best(before)
            runner.logger.error(
                f'the best checkpoint was not saved: {error}. The one before '
                'it stays, and its score is the one to beat'
            )
            return
        now = self._swap_best({})
        self._swap_best({**before, **{k: v for k, v in now.items() if v}})
        old = {before.get(name) for name, new in now.items() if new}
        self._remove(*(old - set(now.values())))

    def _swap_best(self, paths: dict[str, str | None]) -> dict[str, Any]:
        """Set the paths of the best checkpoints; return what they were.

        Without them, mmengine's method removes nothing.
        """
        if len(self.key_indicators) == 1:
            old, self.best_ckpt_path = self.best_ckpt_path, paths.get('')
            return {'': old}
        olds: dict[str, Any] = dict(self.best_ckpt_path_dict)
        self.best_ckpt_path_dict = {
            name: paths.get(name) for name in self.key_indicators
        }
        return olds

    @master_only
    def _publish_model(self, runner: Any, ckpt_path: str) -> None:
        """Write the published entries of a checkpoint to a file of its own."""
        checkpoint = load_checkpoint(ckpt_path)
        names = [n for n in checkpoint if n in (self.published_keys or ())]
        kept = {name: checkpoint[name] for name in names}
        digest = hashlib.sha256(pickle.dumps(kept)).hexdigest()
        path = f'{os.path.splitext(ckpt_path)[0]}-{digest[:8]}.pth'
        write_checkpoint(kept, path)
        runner.logger.info(
            f'{ckpt_path} is published to {path} with {", ".join(kept)}'
        )

    def _join(self, name: str) -> str:
        return str(self.file_backend.join_path(self.out_dir, name))

    def _remove(self, *paths: str | None) -> None:
        """Remove files, once; never the newest checkpoint."""
        for path in set(paths) - {None, self.last_ckpt}:
            if is_main_process() and self.file_backend.isfile(path):
                self.file_backend.remove(path)

    def _advice(self, last: bool) -> str:
        """Say what happens now."""
        good = self._good or 'there is none yet'
        if last or self._failed == self.max_failed_saves:
            return f'The run stops; the last good checkpoint: {good}'
        return (
            'The run goes on and tries again at the next interval: make room '
            f'there. The last good checkpoint: {good}'
        )
