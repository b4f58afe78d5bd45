"""A command of mmssl in a process of its own, for a sweep."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PATIENCE = 60.0  # s, for a command that is told to end


def run_command_logged(words: Sequence[str], log: Path) -> int:
    """Run a command of mmssl in a process of its own.

    Where this process is interrupted, the command is told to end (a training
    then saves a checkpoint), and waited for.

    Args:
        words: Of the command, without ``mmssl``.
        log: File that its output is appended to.

    Returns:
        Its exit status.
    """
    with log.open('ab') as stream:
        stream.write(f'$ mmssl {" ".join(words)}\n'.encode())
        stream.flush()
        process = subprocess.Popen(
            [sys.executable, '-m', 'mmssl', *words],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=dict(os.environ, PYTHONUNBUFFERED='1'),
        )
        try:
            return process.wait()
        except BaseException:
            _end(process)
            raise


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the last checkpoint that trainings below a folder wrote.

    Args:
        folder: Of the run.

    Returns:
        The file named by the newest ``last_checkpoint``, None without one.
    """
    pointers = sorted(
        folder.rglob('last_checkpoint'), key=lambda p: p.stat().st_mtime
    )
    for pointer in reversed(pointers):
        named = Path(pointer.read_text('utf-8').strip())
        for file in (pointer.parent / named.name, named):
            if file.is_file():
                return file
    return None


def last_words(log: Path) -> str:
    """Return the line of a log that says what went wrong.

    Args:
        log: Of a command that has failed.

    Returns:
        The last line that begins with ``error:``, else the last line.
    """
    text = log.read_bytes()[-20_000:].decode('utf-8', 'replace')
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith('error:')]
    return (told or lines or ['it wrote nothing'])[-1]


def _end(process: subprocess.Popen) -> None:
    """Let a command end, by force if it takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
