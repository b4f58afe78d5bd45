"""Schedules that fit the length of training, also when it is changed.

mmengine stores a scheduler's every number in the checkpoint, its end
included, so a run that is resumed with more iterations would keep the old
end. Here the config has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# How far a scheduler has got; the rest of its numbers come from the config.
_PROGRESS = {
    *('base_values', 'last_step', 'optimizer', 'verbose'),
    *('_global_step', '_last_value'),
    # of ReduceOnPlateau
    *('best', 'cooldown_counter', 'num_bad_epochs'),
}


def drop_late(
    schedulers: Any, max_iters: int, max_epochs: int
) -> tuple[Any, list[str]]:
    """Leave out schedulers that begin when training is over.

    mmengine takes the end of training for a scheduler's end, and fails where
    that comes before its beginning.

    Args:
        schedulers: Config of one, a list of several, or those by optimizer.
        max_iters: Iterations of training.
        max_epochs: Epochs of training.

    Returns:
        The same without those, and one sentence for each.

    Example:
        >>> late = dict(type='CosineAnnealingLR', by_epoch=False, begin=40)
        >>> drop_late([late], max_iters=30, max_epochs=1)[1]
        ['CosineAnnealingLR begins at iteration 40, training ends at 30']
    """
    if isinstance(schedulers, Mapping) and 'type' not in schedulers:
        parts = {
            name: drop_late(group, max_iters, max_epochs)
            for name, group in schedulers.items()
        }
        kept = {name: part[0] for name, part in parts.items()}
        return kept, [text for part in parts.values() for text in part[1]]
    if not isinstance(schedulers, Sequence):
        schedulers = [schedulers]
    remaining, dropped = [], []
    for scheduler in schedulers:
        text = _why_late(scheduler, max_iters, max_epochs)
        if text:
            dropped.append(text)
        else:
            remaining.append(scheduler)
    return remaining, dropped


def _why_late(scheduler: Any, max_iters: int, max_epochs: int) -> str | None:
    """Say why a scheduler never acts, if it does not."""
    if not isinstance(scheduler, Mapping) or 'end' in scheduler:
        return None
    by_epoch = scheduler.get('by_epoch', True)
    begin = scheduler.get('begin', 0)
    end = max_epochs if by_epoch else max_iters
    if begin < end:
        return None
    unit = 'epoch' if by_epoch else 'iteration'
    kind = str(scheduler.get('type', 'a scheduler')).split('.')[-1]
    return f'{kind} begins at {unit} {begin}, training ends at {end}'


def states(schedulers: Any) -> list[dict[str, Any]]:
    """Return the present states of built schedulers as one list."""
    return [dict(scheduler.state_dict()) for scheduler in flat(schedulers)]


def flat(schedulers: Any) -> list[Any]:
    """Return built schedulers, or their states, as one list."""
    if isinstance(schedulers, Mapping):
        return [part for group in schedulers.values() for part in group]
    return list(schedulers or ())


def settings_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain numbers of a scheduler that come from the config."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in state.items()
        if name not in _PROGRESS and not callable(value)
    }


def changed_settings(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Compare schedulers' states with those of a checkpoint.

    Args:
        before: States of the checkpoint.
        now: States as built from the config.

    Returns:
        What differs, such as ``'scheduler 1: end 900 -> 1200'``.

    Example:
        >>> changed_settings([dict(end=9, last_step=3)], [dict(end=12)])
        ['scheduler 0: end 9 -> 12']
    """
    if len(before) != len(now):
        return [f'{len(before)} -> {len(now)} schedulers']
    found = []
    for place, states in enumerate(zip(before, now)):
        old, new = (settings_of(state) for state in states)
        found += [
            f'scheduler {place}: {name} {old[name]} -> {new[name]}'
            for name in sorted(old.keys() & new.keys())
            if old[name] != new[name]
        ]
    return found


def replayable(schedulers: Sequence[Any]) -> bool:
    """Whether values depend on the step alone, not on metrics."""
    return not any(
        getattr(scheduler, 'need_val_args', False) for scheduler in schedulers
    )


def replay(
    schedulers: Sequence[Any], iterations: int, epoch_length: int | None
) -> None:
    """Step fresh schedulers to where a run is.

    Args:
        schedulers: As built; their optimizer's values are the initial ones.
        iterations: Iterations done.
        epoch_length: Iterations of an epoch; None in a run by iterations.
    """
    for iteration in range(1, iterations + 1):
        for scheduler in schedulers:
            if not scheduler.by_epoch:
                scheduler.step()
        if epoch_length and iteration % epoch_length == 0:
            for scheduler in schedulers:
                if scheduler.by_epoch:
                    scheduler.step()
