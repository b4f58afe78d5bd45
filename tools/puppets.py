"""Generate a world of puppets: data sets with exact labels."""

from __future__ import annotations

import sys

from mmssl.cli import run_command

if __name__ == '__main__':
    sys.exit(run_command('puppets'))
