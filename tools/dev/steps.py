"""Steps of a set-up: run once, remembered by stamps, resumed after a kill.

Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

HEARTBEAT_S = 60.0
TAIL_LINES = 30


class SetupError(RuntimeError):
    """A set-up that cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """One thing to install.

    Args:
        name: Short, also the name of its stamp and its log.
        says: What it installs, for the user.
        key: Text that changes whenever the step has to run again.
        action: Does it; gets the log to write to.
        result: Cheap look at what is in place, e.g. the installed versions.
            When it is not what the step left behind, the step runs again.
    """

    name: str
    says: str
    key: str
    action: Callable[[Path], None]
    result: Callable[[], str]

    def stamp(self) -> str:
        """What the stamp of this step holds once it is done."""
        digest = hashlib.sha256(self.key.encode()).hexdigest()
        return f'{digest}\n{self.result()}\n'


def run_steps(steps: Sequence[Step], state: Path) -> int:
    """Run the steps that are not done yet, in order.

    Args:
        steps: What to do.
        state: Folder of the stamps and logs; made if missing.

    Returns:
        How many steps had to run.

    Raises:
        SetupError: A step failed. Those before it keep their stamps, so the
            next call goes on from there.
    """
    ran = 0
    start = time.monotonic()
    for number, step in enumerate(steps, 1):
        stamp = state / f'{step.name}.stamp'
        if _read(stamp) == step.stamp():
            continue
        say(f'[{number}/{len(steps)}] {step.says} ...')
        begun = time.monotonic()
        state.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        log = state / f'{step.name}.log'
        log.unlink(missing_ok=True)
        step.action(log)
        stamp.write_text(step.stamp(), encoding='utf-8')
        say(f'        done in {duration(time.monotonic() - begun)}')
        ran += 1
    if ran:
        took = duration(time.monotonic() - start)
        say(f'set-up: {ran} of {len(steps)} steps were due, took {took}')
    return ran


def call(
    command: Sequence[str | os.PathLike[str]],
    log: Path,
    env: dict[str, str] | None = None,
) -> None:
    """Run a program; its output goes to the log, a sign of life to the user.

    The program inherits open files, so the lock of the set-up stays held
    while it runs, even if the set-up itself is killed.

    Raises:
        SetupError: It ended with an error; the message has the log's end.
    """
    text = [os.fspath(part) for part in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('a', encoding='utf-8') as out:
        out.write(f'$ {" ".join(text)}\n')
        out.flush()
        start = time.monotonic()
        process = subprocess.Popen(
            text,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=clean_environment(env),
            start_new_session=True,
            close_fds=False,
        )
        code = _wait(process, start, log)
    if code:
        raise SetupError(
            f'"{" ".join(text[:6])} ..." ended with code {code}. The last '
            f'lines of {log}:\n{_tail(log)}'
        )


def _wait(process: subprocess.Popen[bytes], start: float, log: Path) -> int:
    """Wait for a process and say now and then that it still runs."""
    try:
        while True:
            try:
                return process.wait(timeout=HEARTBEAT_S)
            except subprocess.TimeoutExpired:
                took = duration(time.monotonic() - start)
                say(f'        still running after {took} (log: {log})')
    except BaseException:
        # Ctrl-C or a kill: end the program with all it has started.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment without what would leak other packages in."""
    leaks = ('PYTHONPATH', 'PYTHONHOME', 'PIP_USER', 'PIP_TARGET')
    env = {k: v for k, v in os.environ.items() if k not in leaks}
    env.update(PYTHONNOUSERSITE='1', PIP_DISABLE_PIP_VERSION_CHECK='1')
    env.update(extra or {})
    return env


def say(text: str) -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


def fail(text: str) -> None:
    """Print an error."""
    print(f'set-up: {text}', file=sys.stderr, flush=True)


def _read(path: Path) -> str:
    """Return a file's text, or nothing."""
    try:
        return path.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError):
        return ''


def _tail(log: Path) -> str:
    lines = log.read_text(encoding='utf-8', errors='replace').splitlines()
    return '\n'.join(f'  | {line}' for line in lines[-TAIL_LINES:])


def duration(seconds: float) -> str:
    """Return a time as text: '3 s', '4 min 05 s'."""
    if seconds < 60:
        return f'{seconds:.0f} s'
    return f'{int(seconds // 60)} min {int(seconds % 60):02d} s'
