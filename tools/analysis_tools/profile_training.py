"""Measure where the time of a training goes, in one run."""

from __future__ import annotations

import sys

from mmssl.cli import run_command

if __name__ == '__main__':
    sys.exit(run_command('profile'))
