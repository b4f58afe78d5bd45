"""Turn a folder of videos or frame folders into training data for CMP."""

from __future__ import annotations

import sys

from mmssl.cli import run_command

if __name__ == '__main__':
    sys.exit(run_command('flow'))
