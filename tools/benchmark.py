"""Judge backbones downstream: python tools/benchmark.py CHECKPOINT random."""

from __future__ import annotations

import sys

from mmssl.cli import run_command

if __name__ == '__main__':
    sys.exit(run_command('benchmark'))
