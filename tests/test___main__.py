"""``python -m mmssl`` from any folder."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, '-m', 'mmssl', *arguments],
        cwd=cwd,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_module__runs_the_command_and_returns_its_status(tmp_path):
    done = run('browse', 'no_such_config.py', cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: there is no config 'no_such")
    assert not list(tmp_path.iterdir())


def test_usage__names_the_command(tmp_path):
    done = run('train', cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith('usage: mmssl train [-h]')


def test_pipe__that_is_closed_early_is_no_error(tmp_path):
    """What ``mmssl --help | head -1`` does."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, '-m', 'mmssl', '--help'],
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, '')
