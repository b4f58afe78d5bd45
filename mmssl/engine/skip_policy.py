"""When a step that is not finite may be skipped, and when it must not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.engine.step_guard import Measured

ACTIONS = ('skip', 'stop')


class SkipPolicy:
    """Tell a GradScaler's own skips from steps that went wrong; count both.

    A GradScaler tries a loss scale until gradients overflow, leaves that step
    out and halves the scale: that is how it finds the scale, and no fault.
    It is one if the loss itself is not finite, if the scale is down to
    ``min_scale`` and gradients still are not, or after ``max_scaler_skips``
    steps in a row (a scale that is fixed never falls).

    Args:
        action: 'stop' at the first bad step, or 'skip' it.
        max_skips: So many bad steps in a row are skipped, the next stops.
        max_total_skips: The same for all bad steps of the run.
        min_scale: Loss scale below which overflow is not the scale's fault.
        max_scaler_skips: Skips of the scaler in a row that are normal.

    Raises:
        ValueError: An argument is out of range.

    Attributes:
        skipped: Bad steps skipped in this run; ``in_a_row``: the last ones.
        scaler_skipped: Steps left out by the scaler; ``scaler_in_a_row``.
    """

    def __init__(
        self,
        action: str = 'stop',
        max_skips: int = 3,
        max_total_skips: int = 20,
        min_scale: float = 1.0,
        max_scaler_skips: int = 30,
    ) -> None:
        if action not in ACTIONS:
            raise ValueError(
                f'action must be one of {", ".join(ACTIONS)}, got {action!r}'
            )
        for name, value in (
            ('max_skips', max_skips),
            ('max_total_skips', max_total_skips),
            ('max_scaler_skips', max_scaler_skips),
        ):
            if value < 1:
                raise ValueError(f'{name} must be >= 1, got {value}')
        self.action = action
        self.max_skips = max_skips
        self.max_total_skips = max_total_skips
        self.min_scale = min_scale
        self.max_scaler_skips = max_scaler_skips
        self.skipped = self.in_a_row = 0
        self.scaler_skipped = self.scaler_in_a_row = 0

    def judge(self, measured: Measured) -> str:
        """Return what a step is: 'good', 'scaler' or 'bad'; counts it.

        Example:
            >>> SkipPolicy().judge(Measured(False, True, None, 65536.0))
            'scaler'
            >>> SkipPolicy().judge(Measured(False, True, None, None))
            'bad'
        """
        if not (measured.bad_loss or measured.bad_gradient):
            self.in_a_row = self.scaler_in_a_row = 0
            return 'good'
        if measured.bad_loss or measured.scale is None:
            return 'bad'
        at_fault = measured.scale <= self.min_scale
        if at_fault or self.scaler_in_a_row >= self.max_scaler_skips:
            return 'bad'
        self.scaler_skipped += 1
        self.scaler_in_a_row += 1
        return 'scaler'

    def count_skip(self) -> str:
        """Count a bad step.

        Returns:
            Why the run has to stop; empty: it goes on.
        """
        if self.action == 'stop':
            return "action='stop'"
        if self.in_a_row >= self.max_skips:
            return f'{self.in_a_row} steps in a row were skipped already'
        if self.skipped >= self.max_total_skips:
            return f'{self.skipped} steps of this run were skipped already'
        self.skipped += 1
        self.in_a_row += 1
        return ''

    def state(self) -> dict[str, int]:
        """Return the counts."""
        return {name: getattr(self, name) for name in _COUNTS}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take up the counts of a resumed run."""
        for name in _COUNTS:
            setattr(self, name, int(state.get(name, 0)))


_COUNTS = ('skipped', 'in_a_row', 'scaler_skipped', 'scaler_in_a_row')
