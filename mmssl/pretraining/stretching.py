"""A recipe's schedule in another length."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config


def schedule_changes(base: Config, iterations: int) -> dict[str, Any]:
    """Stretch or shrink the recipe's schedule to a length.

    Args:
        base: The config of the recipe.
        iterations: New length.

    Returns:
        Scheduler with all its marks, intervals of validation, checkpoints
        and logs.
    """
    old = base.train_cfg.max_iters

    def moved(mark: int) -> int:
        return mark and max(1, round(mark * iterations / old))

    schedulers = []
    for scheduler in base.param_scheduler:
        scheduler = dict(scheduler)
        for key in ('begin', 'end'):
            if isinstance(scheduler.get(key), int):
                scheduler[key] = moved(scheduler[key])
        if 'milestones' in scheduler:
            scheduler['milestones'] = [
                moved(mark) for mark in scheduler['milestones']
            ]
        schedulers.append(scheduler)
    val = moved(base.train_cfg.val_interval)
    return dict(
        param_scheduler=schedulers,
        train_cfg=dict(max_iters=iterations, val_interval=val),
        default_hooks=dict(
            checkpoint=dict(
                interval=moved(base.default_hooks.checkpoint.interval)
            ),
            logger=dict(
                interval=max(
                    1, min(base.default_hooks.logger.interval, val // 5)
                )
            ),
        ),
    )
