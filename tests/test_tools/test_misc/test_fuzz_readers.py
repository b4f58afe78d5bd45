"""The command that reads damaged files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[3] / 'tools/misc/fuzz_readers.py'


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(TOOL), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_fuzz__a_table_and_status_0(tmp_path):
    done = run('--number', 40, '--seed', 5, '--folder', tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r'^40 files, 0 failures, at most \d+ MB$', done.stdout, 8)
    assert 'files that failed' not in done.stdout
    assert 'files 40/40' in done.stderr


def test_fuzz__refuses_numbers_that_make_no_sense():
    done = run('--number', 0)
    assert done.returncode == 2
    assert '--number and --workers must be >= 1' in done.stderr
