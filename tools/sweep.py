"""Run values of any config key: python tools/sweep.py CONFIG --key KEY ..."""

from __future__ import annotations

import sys

from mmssl.cli import run_command

if __name__ == '__main__':
    sys.exit(run_command('sweep'))
