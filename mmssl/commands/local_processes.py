"""Several processes of this machine, one for each GPU, as one program.

What torchrun does for one machine, with two differences: signals are passed
on as they are (a run that is asked to stop saves, and ends with status 0), and
no process is left behind when the first one dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
GRACE_S = 15.0
_PR_SET_PDEATHSIG = 1


def run_processes(command: Sequence[str], count: int) -> int:
    """Run a program in several processes of one process group of torch.

    SIGTERM, SIGINT, SIGHUP and SIGUSR1 are passed on to all. When one
    process fails, the others are asked to end, and killed after 15 s. They
    are also asked to end if this process is killed.

    Args:
        command: Program and arguments; each process finds its rank in the
            environment, as with torchrun.
        count: How many.

    Returns:
        Exit status: 0, or that of the first process that failed.
    """
    environment = group_environment(count)
    processes: list[subprocess.Popen[bytes]] = []
    with _signals_passed_on(processes):
        for rank in range(count):
            mine = dict(environment, RANK=str(rank), LOCAL_RANK=str(rank))
            processes.append(
                subprocess.Popen(
                    list(command),
                    env={**os.environ, **mine},
                    # a terminal's Ctrl-C comes once: from here
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
                )
            )
        return _wait(processes)


def group_environment(count: int) -> dict[str, str]:
    """Return what all processes of a group share in the environment."""
    threads = max(1, len(os.sched_getaffinity(0)) // count)
    return dict(
        WORLD_SIZE=str(count),
        LOCAL_WORLD_SIZE=str(count),
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(free_port()),
        OMP_NUM_THREADS=os.environ.get('OMP_NUM_THREADS', str(threads)),
    )


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until all have ended; end the others when one fails."""
    status, deadline = 0, float('inf')
    while None in [process.poll() for process in processes]:
        failed = [p.returncode for p in processes if p.returncode]
        if failed and not status:
            status = _exit_status(failed[0])
            deadline = time.monotonic() + GRACE_S
            _send(processes, signal.SIGTERM)
        if time.monotonic() > deadline:
            _send(processes, signal.SIGKILL)
        time.sleep(0.05)
    failed = [p.returncode for p in processes if p.returncode]
    return status or (_exit_status(failed[0]) if failed else 0)


def _exit_status(returncode: int) -> int:
    """Return the status as a shell tells it: 128 + n for signal n."""
    return returncode if returncode > 0 else 128 - returncode


def _send(processes: Sequence[subprocess.Popen[bytes]], number: int) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)


@contextlib.contextmanager
def _signals_passed_on(
    processes: Sequence[subprocess.Popen[bytes]],
) -> Iterator[None]:
    """Pass signals on to the processes there are, while inside."""
    before = {
        number: signal.signal(number, lambda n, _: _send(processes, n))
        for number in PASSED_ON
    }
    try:
        yield
    finally:
        _send(processes, signal.SIGKILL)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with_parent() -> None:
    """Ask Linux for a SIGTERM when the parent dies (in the new process)."""
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
