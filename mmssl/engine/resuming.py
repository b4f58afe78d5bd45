"""Where a resumed run goes on in its data and in its schedules."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.runner import EpochBasedTrainLoop

from mmssl.engine import resume_notice, run_state, schedules
from mmssl.engine.batch_stream import DataPosition, batch_draws

_WITHOUT_STATE = (
    'the checkpoint holds no state of the run (mmengine alone wrote it, or it '
    'was saved without the optimizer): random states begin anew, and '
    'gradients that waited for the end of an accumulation are lost'
)
_SAME_DATA = ('processes', 'batch_size')


def resume_data(
    runner: Any, meta: Mapping[str, Any], state: Mapping[str, Any]
) -> list[str]:
    """Restore the state of a run, and move its data to where it was.

    Args:
        runner: Has loaded the checkpoint.
        meta: Of the checkpoint.
        state: What :func:`mmssl.engine.run_state.collect` returned; empty
            for a checkpoint that has none.

    Returns:
        What is not exact, in words.
    """
    loop = runner.train_loop
    position = _guessed_position(runner, meta)
    found = [_WITHOUT_STATE]
    if state:
        before, now = state['conditions'], resume_notice.conditions(runner)
        found = resume_notice.differences(before, now)
        run_state.restore(runner, state)
        if 'position' in state and before['loop'] == now['loop']:
            position = DataPosition(**state['position'])
        if any(before[name] != now[name] for name in _SAME_DATA):
            draws = batch_draws(loop.dataloader)
            position.batches = position.draws // draws
    if not hasattr(loop, 'stream'):
        name = type(loop).__name__
        return [*found, f'{name} is not a loop that resumes at any batch']
    loop.stream.position = position
    if position.batches and loop.stream.reads_again:
        runner.logger.warning(
            f'{position.batches} batches are read once more and thrown away: '
            'the loader was built by hand, and its sampler has no set_position'
        )
    runner.logger.info(
        f'the data goes on at draw {position.draws}'
        + (f' of epoch {position.epoch}' if position.epoch else '')
    )
    return found


def gradients_are_not_lost(record: logging.LogRecord) -> bool:
    """Keep mmengine from saying that waiting gradients are lost.

    A filter of the log, for the time in which it says so.
    """
    return 'gradient of some iterations is lost' not in record.getMessage()


def _guessed_position(runner: Any, meta: Mapping[str, Any]) -> DataPosition:
    """Return the place in the data that numbers of iterations speak of."""
    loader = runner.train_dataloader
    iteration, per_batch = meta['iter'], batch_draws(loader)
    if isinstance(runner.train_loop, EpochBasedTrainLoop):
        done = iteration - meta['epoch'] * len(loader)
        done = done if 0 <= done <= len(loader) else 0
        return DataPosition(meta['epoch'], done, done * per_batch)
    if getattr(loader.sampler, 'infinite', True):
        draws = meta.get('draws', iteration * per_batch)
        return DataPosition(0, iteration, draws)
    epoch, done = divmod(iteration, max(len(loader), 1))
    return DataPosition(epoch, done, done * per_batch)


def resume_schedules(
    runner: Any,
    checkpoint: Mapping[str, Any],
    built: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Let the config's schedules win over those of the checkpoint.

    Args:
        runner: Has loaded the checkpoint, schedulers included.
        checkpoint: The checkpoint.
        built: States of the schedulers as the config made them.

    Returns:
        What changed, in words; none if the schedules are the same.
    """
    before = schedules.flat(checkpoint.get('param_schedulers'))
    changed = schedules.changed_settings(before, built)
    if 'param_schedulers' not in checkpoint or not changed:
        return []
    text = f'the schedule has changed ({"; ".join(changed)}): '
    if not schedules.replayable(schedules.flat(runner.param_schedulers)):
        return [text + 'it depends on metrics, so the old one is kept']
    _reset_values(runner)
    runner.param_schedulers = runner.build_param_scheduler(
        copy.deepcopy(runner.scheduler_cfg)
    )
    loop = runner.train_loop
    by_epoch = isinstance(loop, EpochBasedTrainLoop)
    schedules.replay(
        schedules.flat(runner.param_schedulers),
        loop.iter,
        len(loop.dataloader) if by_epoch else None,
    )
    return [text + "the config's is followed from here on"]


def _reset_values(runner: Any) -> None:
    """Give every scheduled value its initial one."""
    for _, wrapper in run_state.optim_wrappers(runner):
        for group in wrapper.param_groups:
            for name in list(group):
                if f'initial_{name}' in group:
                    group[name] = group[f'initial_{name}']
