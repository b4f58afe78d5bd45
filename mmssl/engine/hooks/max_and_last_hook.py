"""The largest and the last of a metric's values in a run."""

from __future__ import annotations

import logging
from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import print_log

from mmssl.registry import HOOKS


@HOOKS.register_module()
class MaxAndLastHook(Hook):
    """Say at the end of training what a metric was at its best and at last.

    The published linear evaluation reports the largest of its evaluations,
    chosen on the data it is reported for; the last one is not chosen. Both
    stand in the log, after each evaluation, and as the scalars
    ``val/METRIC_max`` and ``val/METRIC_last``. The values of before are
    those of the message hub, so a resumed run has them.

    Args:
        metrics: Names of the metrics, with prefix.

    Raises:
        ValueError: An evaluation gives no such metric.
    """

    priority = 'BELOW_NORMAL'  # RuntimeInfoHook has stored the value

    def __init__(
        self,
        metrics: tuple[str, ...] = ('accuracy/top1', 'accuracy/mean_class'),
    ) -> None:
        self.metrics = (metrics,) if isinstance(metrics, str) else metrics

    def after_val_epoch(
        self, runner: Any, metrics: dict[str, float] | None = None
    ) -> None:
        """Log both, so far.

        Args:
            runner: Has the message hub.
            metrics: Of this evaluation.
        """
        lines = []
        for name in self.metrics:
            if name not in (metrics or {}):
                raise ValueError(
                    f'there is no metric {name!r}; this evaluation gives: '
                    f'{", ".join(sorted(metrics or {}))}'
                )
            values = self._values(runner, name)
            best, last = max(values), values[-1]
            lines.append(
                f'{name}: max {best:.2f}, last {last:.2f} of {len(values)} '
                'evaluations'
            )
            runner.message_hub.update_info(f'{name}_max', best)
            runner.message_hub.update_info(f'{name}_last', last)
        print_log('\n'.join(lines), logger='current', level=logging.INFO)

    def _values(self, runner: Any, name: str) -> list[float]:
        history, _ = runner.message_hub.get_scalar(f'val/{name}').data
        return [float(value) for value in history]
