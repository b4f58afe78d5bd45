"""A recipe's schedule in another length, counted in iterations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mmengine.config import Config

_MARKS = ('begin', 'end', 'warmup')


def schedule_changes(base: Config, iterations: int) -> dict[str, Any]:
    """Stretch or shrink the recipe's schedule to a length.

    A recipe that counts epochs is changed to iterations: the length can be
    any, and pictures, logs and checkpoints come at the same shares of it.

    Args:
        base: The config of the recipe.
        iterations: New length.

    Returns:
        Loop, scheduler with all its marks, intervals of validation,
        checkpoints and logs, and what hooks do for the first epochs alone.
    """
    epochs = base.train_cfg.get('max_epochs')
    old = epochs or base.train_cfg.max_iters

    def moved(mark: float) -> int:
        return int(mark and max(1, round(mark * iterations / old)))

    checkpoint: dict[str, Any] = dict(
        interval=moved(base.default_hooks.checkpoint.interval)
    )
    val = moved(base.train_cfg.get('val_interval', old))
    loop: dict[str, Any] = dict(max_iters=iterations, val_interval=val)
    changes: dict[str, Any] = dict(
        param_scheduler=[
            _scheduler(each, moved) for each in base.param_scheduler
        ],
        train_cfg=loop,
        default_hooks=dict(
            checkpoint=checkpoint,
            logger=dict(
                interval=max(
                    1, min(base.default_hooks.logger.interval, val // 5)
                )
            ),
        ),
    )
    if epochs:
        checkpoint['by_epoch'] = False
        changes['train_cfg'] = dict(
            _delete_=True, type='IterBasedTrainLoop', **loop
        )
        changes['log_processor'] = dict(by_epoch=False)
        for name, hook in base.default_hooks.items():
            # FreezeLastLayerHook, TeacherTempHook
            if hook is not None and hook.get('epochs'):
                steps = dict(steps=moved(hook.epochs))
                changes['default_hooks'][name] = steps
    return changes


def _scheduler(
    scheduler: Mapping[str, Any], moved: Callable[[float], int]
) -> dict[str, Any]:
    """Return a scheduler with its marks moved, by iterations."""
    new = {k: v for k, v in scheduler.items() if k != 'convert_to_iter_based'}
    if len(new) < len(scheduler):
        new['by_epoch'] = False
    for key in _MARKS:
        if isinstance(new.get(key), (int, float)):
            new[key] = moved(new[key])
    if 'milestones' in new:
        new['milestones'] = [moved(mark) for mark in new['milestones']]
    return new
