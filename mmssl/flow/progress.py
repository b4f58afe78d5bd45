"""A progress bar with rate and time left."""

from __future__ import annotations

import time
from typing import Callable, TextIO

_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 15.0
_BAR = 24  # characters


class ProgressBar:
    """Shows items done, items per second and the time left.

    On a terminal one line is redrawn; elsewhere (a log file) a line is
    added every 15 seconds. The time left follows the *cost* done, so that
    large videos count for more than small ones.

    Args:
        total: Number of items.
        total_cost: Their cost in any unit.
        label: What the items are.
        stream: Where to write; None for silence.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        total: int,
        total_cost: float,
        label: str = 'pairs',
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._total_cost = total_cost
        self._label = label
        self._stream = stream
        self._clock = clock
        self._redraw = bool(stream is not None and stream.isatty())
        self._begin = self._shown = clock()
        self._items = 0
        self._cost = 0.0

    def add(self, items: int, cost: float, note: str = '') -> None:
        """Count items as done, and show them when it is time to.

        Args:
            items: Number of items.
            cost: Their cost.
            note: Text for the end of the line.
        """
        self._items += items
        self._cost += cost
        every = _TERMINAL_SECONDS if self._redraw else _LOG_SECONDS
        if self._clock() - self._shown >= every:
            self._show(note)

    def close(self, note: str = '') -> None:
        """Show the final state and end the line."""
        self._show(note, last=True)

    def line(self, note: str = '') -> str:
        """Return the line as it would be shown now."""
        seconds = max(self._clock() - self._begin, 1e-9)
        share = self._cost / self._total_cost if self._total_cost else 1.0
        share = min(share, 1.0)
        left = seconds * (1 - share) / share if share else None
        filled = int(share * _BAR)
        return (
            f'{self._label} {self._items}/{self._total} '
            f'[{"#" * filled}{"." * (_BAR - filled)}] '
            f'{self._items / seconds:.1f}/s, '
            f'{duration(seconds)} gone, {duration(left)} left'
            + (f', {note}' if note else '')
        )

    def _show(self, note: str, last: bool = False) -> None:
        self._shown = self._clock()
        if self._stream is None or self._total == 0:
            return
        if self._redraw:
            end = '\n' if last else ''
            self._stream.write(f'\r\x1b[K{self.line(note)}{end}')
        else:
            self._stream.write(self.line(note) + '\n')
        self._stream.flush()


def duration(seconds: float | None) -> str:
    """Return seconds as h:mm:ss; '?' for None.

    Example:
        >>> duration(3725.4), duration(None)
        ('1:02:05', '?')
    """
    if seconds is None:
        return '?'
    whole = int(seconds)
    return f'{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}'
