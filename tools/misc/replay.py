"""Take a training step that was not finite again, from its dump."""

from __future__ import annotations

import sys

from mmssl.cli import run_command

if __name__ == '__main__':
    sys.exit(run_command('replay'))
