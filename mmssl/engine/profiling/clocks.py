"""Clocks for parts of a step: of the host, and of a GPU's stream."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch


class Span(NamedTuple):
    """Time between two stamps.

    Attributes:
        wall: Seconds, by the clock on the wall; on a GPU, of its stream.
        cpu: Seconds of CPU time of all threads of this process; on a GPU 0.
    """

    wall: float
    cpu: float


class Clock(Protocol):
    """Stamps now, reads later, so that reading disturbs nothing."""

    def stamp(self) -> Any:
        """Return this moment."""

    def spans(self, stamps: Sequence[Any]) -> list[Span]:
        """Return the times between neighbouring stamps."""

    def synchronize(self) -> None:
        """Wait until the device has done what it was told."""


class HostClock:
    """Wall and CPU time of this process.

    Example:
        >>> clock = HostClock()
        >>> [span.wall >= 0 for span in clock.spans([clock.stamp()] * 2)]
        [True]
    """

    def stamp(self) -> tuple[float, float]:
        """Return wall and CPU time."""
        return time.perf_counter(), time.process_time()

    def spans(self, stamps: Sequence[tuple[float, float]]) -> list[Span]:
        """Return the differences of neighbours."""
        return [
            Span(b[0] - a[0], b[1] - a[1]) for a, b in zip(stamps, stamps[1:])
        ]

    def synchronize(self) -> None:
        """Nothing runs behind the host's back."""


class CudaClock:
    """Events in the current stream of a GPU: no waiting while measuring.

    The stream works off its kernels in order, so the time between two events
    is that of the kernels between them, gaps included in which the stream
    waits for the host.
    """

    def stamp(self) -> Any:
        """Put an event into the stream."""
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def spans(self, stamps: Sequence[Any]) -> list[Span]:
        """Wait for the last event, and return the times between them."""
        torch.cuda.synchronize()
        return [
            Span(a.elapsed_time(b) / 1e3, 0.0)
            for a, b in zip(stamps, stamps[1:])
        ]

    def synchronize(self) -> None:
        """Wait for the GPU."""
        torch.cuda.synchronize()


def clock_of(device: torch.device) -> Clock:
    """Return the clock of a device.

    Example:
        >>> type(clock_of(torch.device('cpu'))).__name__
        'HostClock'
    """
    return CudaClock() if device.type == 'cuda' else HostClock()
