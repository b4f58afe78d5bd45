"""Ask a trained CMP what it makes of guidance that makes no sense."""

from __future__ import annotations

import sys

from mmssl.cli import run_command

if __name__ == '__main__':
    sys.exit(run_command('guidance'))
