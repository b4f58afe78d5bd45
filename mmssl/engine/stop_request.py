"""A signal that asks the run to save and end: SIGTERM and SIGUSR1.

Clusters announce the end of a job that way (preemption, time limit). The
handler only notes the request; the run ends at the next iteration's end.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = tuple(
    getattr(signal, name)
    for name in ('SIGTERM', 'SIGUSR1')
    if hasattr(signal, name)  # Windows has no SIGUSR1
)
# Launchers send a signal to the whole group and once more to each process.
_SAME = 3.0  # s


class RunStopped(SystemExit):
    """The run ends early because a signal asked for it; exit status 0.

    Args:
        text: What was saved, and how to go on.
    """

    def __init__(self, text: str) -> None:
        super().__init__(0)
        self.text = text

    def __str__(self) -> str:
        return self.text


class StopRequest:
    """The handler of the signals, and what it was asked for.

    The first signal is noted. One more, at least 3 s later, ends the process
    at once, as that signal does by default: for a run that hangs. A child
    process that inherits the handler ignores the signal.
    """

    def __init__(self) -> None:
        self.name: str | None = None
        self._pid = os.getpid()
        self._first = 0.0

    def __bool__(self) -> bool:
        return self.name is not None

    def __call__(self, number: int, frame: Any = None) -> None:
        """Note a signal; called by the interpreter."""
        if os.getpid() != self._pid:
            return
        now = time.monotonic()
        if self.name is None:
            self.name, self._first = signal.Signals(number).name, now
        elif now - self._first >= _SAME:
            signal.signal(number, signal.SIG_DFL)
            os.kill(self._pid, number)


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Note the signals inside the block, and handle them as before outside.

    A block that is left with :class:`RunStopped` ends its data workers, so
    that the process ends at once, too.

    Yields:
        The request; nothing sets it outside of a process's main thread,
        where Python lets nobody handle signals. Inside another block, that
        one's.
    """
    request = current_request()
    if request is not None or not _in_main_thread():
        yield request or StopRequest()
        return
    request = StopRequest()
    before = {number: signal.signal(number, request) for number in SIGNALS}
    try:
        yield request
    except RunStopped:
        # here, so that this module is imported without torch
        from mmssl.engine.worker_signals import end_workers

        end_workers()
        raise
    finally:
        for number, handler in before.items():
            # None: it was not set from Python
            signal.signal(number, handler or signal.SIG_DFL)


def current_request() -> StopRequest | None:
    """Return the request of the block that is open in this process."""
    handler = signal.getsignal(signal.SIGTERM)
    return handler if isinstance(handler, StopRequest) else None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
