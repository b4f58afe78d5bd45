"""Resume the data at the next draw, without reading what came before."""

from __future__ import annotations

from typing import Any

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop

from mmssl.registry import HOOKS


@HOOKS.register_module()
class ResumeDrawsHook(Hook):
    """Tell a sampler of numbered draws where a resumed run goes on.

    mmengine reads and throws away every batch that was trained on: at 100
    batches a minute, resuming at iteration 100,000 takes half a day. A
    sampler with an attribute ``start`` (DrawSampler) can begin anywhere.

    The number of draws is kept in the checkpoint's meta, so it is right
    after a change of the batch size or of the number of processes, too. It
    counts what was trained on, not what workers had prefetched.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._draws: int | None = None
        self._base = (0, 0)  # (iteration, draws) where this run began

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Add the number of draws after the iteration that is saved."""
        if not self._has_draws(runner):
            return
        meta = checkpoint['meta']
        first, draws = self._base
        meta['draws'] = draws + (meta['iter'] - first) * _per_iteration(runner)

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Keep the number of draws until the loop starts."""
        self._draws = checkpoint.get('meta', {}).get('draws')

    def before_train(self, runner: Any) -> None:
        """Start the sampler there; the loop then throws away nothing."""
        done = runner.train_loop.iter
        if not done or not self._has_draws(runner):
            return
        draws = self._draws
        if draws is None:
            draws = done * _per_iteration(runner)
        self._base = (done, draws)
        loop = runner.train_loop
        loop.dataloader.sampler.start = draws
        loop.dataloader_iterator = _SkipsBlanks(
            type(loop.dataloader_iterator)(loop.dataloader), done
        )
        runner.logger.info(f'the data goes on at draw {draws}')

    @staticmethod
    def _has_draws(runner: Any) -> bool:
        loop = runner.train_loop
        return isinstance(loop, IterBasedTrainLoop) and hasattr(
            loop.dataloader.sampler, 'start'
        )


class _SkipsBlanks:
    """An iterator that answers the loop's first requests with nothing.

    Args:
        iterator: The data.
        blanks: How many batches the loop throws away before it trains.
    """

    def __init__(self, iterator: Any, blanks: int) -> None:
        self._iterator = iterator
        self._blanks = blanks

    def __iter__(self) -> _SkipsBlanks:
        return self

    def __next__(self) -> Any:
        if self._blanks > 0:
            self._blanks -= 1
            return None
        return next(self._iterator)


def _per_iteration(runner: Any) -> int:
    """Return the draws of one iteration, of all processes together."""
    return runner.train_dataloader.batch_size * get_world_size()
