"""One job as a process of its own, with a log, that leaves nothing behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_TAIL = 20_000  # bytes of a log that are searched for its last words
_LONGEST = 300  # characters of an error in tables
_KILLED = 'killed, which a machine does that runs out of memory'


class JobProcess:
    """A program with its data loaders, in a process group of their own.

    A terminal's Ctrl-C does not reach it: who started it decides. It is
    asked to end if that one dies (on Linux).

    Args:
        command: Program and arguments.
        log: File that its output is appended to; its folder exists.
        environment: Changes to the environment of this process.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._start = time.monotonic()
        self._log: IO[bytes] = log.open('ab')
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                env={**os.environ, 'PYTHONUNBUFFERED': '1', **environment},
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        finally:
            self._log.close()  # the process has its own

    @property
    def seconds(self) -> float:
        """Time since the start, s."""
        return time.monotonic() - self._start

    def poll(self) -> int | None:
        """Return the exit status (negative: of a signal), None while busy."""
        return self._process.poll()

    def send(self, number: int) -> None:
        """Send a signal to the process and all it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def wait(self) -> int:
        """Wait for the end; return the exit status."""
        return self._process.wait()


def end_all(processes: Sequence[JobProcess], patience: float) -> None:
    """Ask processes to end, and kill what is left after a time.

    Args:
        processes: They may have ended already.
        patience: Seconds between the two.
    """
    for process in processes:
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if all(process.poll() is not None for process in processes):
            break
        time.sleep(0.05)
    for process in processes:
        process.send(signal.SIGKILL)  # also what its leader left behind
        process.wait()


def why_it_ended(status: int, log: Path) -> str:
    r"""Say in a line why a job without a result has ended.

    Args:
        status: As of :meth:`JobProcess.poll`.
        log: Of the job.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     log = Path(folder, 'log.txt')
        ...     _ = log.write_text('loading\nerror: no such file\n')
        ...     why_it_ended(1, log)
        'it ended with status 1: error: no such file'
    """
    if status == -signal.SIGKILL:
        return f'{_KILLED} (signal 9)'
    how = f'status {status}'
    if status < 0:
        how = f'signal {-status} ({signal.Signals(-status).name})'
    return f'it ended with {how}: {last_words(log)}'[:_LONGEST]


def last_words(log: Path) -> str:
    """Return the line of a log that says what went wrong.

    Args:
        log: It need not exist.

    Returns:
        The last line that begins with ``error:``, else the last line.
    """
    if not log.is_file():
        return 'it wrote nothing'
    text = log.read_bytes()[-_TAIL:].decode('utf-8', 'replace')
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith('error:')]
    return (told or lines or ['it wrote nothing'])[-1]


def _end_with_parent() -> None:
    """Ask Linux for a SIGTERM when the parent dies (in the new process)."""
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
