"""Set up everything that mmssl, its demo and its tests need.

    python3.11 tools/dev/setup_env.py all    # what make demo and make test use
    python3.12 tools/dev/setup_env.py core   # pretraining only, Python 3.9+
    python3.11 tools/dev/setup_env.py lock   # write down all versions

Each step leaves a stamp of what it installed, so that a second call does
nothing, a changed requirements file repeats only its own step, and a set-up
that was killed goes on where it stopped. Compiled wheels are kept in the
user's cache. Only the standard library is used.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import sys
from pathlib import Path

from environment import ROOT, Environment
from lock import write_lock
from mmcv_wheel import any_wheel, check_compiler
from plan import STEPS
from steps import SetupError, fail, run_steps, say

ALL_PYTHON = (3, 11)
CORE_PYTHONS = ((3, 9), (3, 12))
NEEDED_GB = 8


def main() -> int:
    """Command line; returns the exit status."""
    args = parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    env = Environment(args.venv)
    try:
        if args.level == 'lock':
            write_lock(env)
            return 0
        check_python(args.level, args.any_python)
        with env.lock():
            steps = STEPS[args.level](env)
            check_machine(args.level, env)
            run_steps(steps, env.state)
    except SetupError as error:
        fail(f'{error}\nset-up: not finished; the same command goes on here.')
        return 1
    except KeyboardInterrupt:
        fail('stopped; the same command goes on here.')
        return 130
    return 0


def parse_args() -> argparse.Namespace:
    """Read the command line and MMSSL_VENV."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('level', choices=[*sorted(STEPS), 'lock'])
    parser.add_argument(
        '--venv',
        type=Path,
        default=Path(os.environ.get('MMSSL_VENV') or ROOT / '.venv'),
        help='folder of the environment (default: MMSSL_VENV, else .venv)',
    )
    parser.add_argument(
        '--any-python',
        action='store_true',
        help='go on with a Python version that was not tested',
    )
    return parser.parse_args()


def check_python(level: str, any_python: bool) -> None:
    """Refuse a Python that the pinned versions have no wheels for."""
    here = sys.version_info[:2]
    low, high = CORE_PYTHONS if level == 'core' else (ALL_PYTHON, ALL_PYTHON)
    if not low <= here <= high and not any_python:
        wanted = '3.11' if level == 'all' else '3.9 to 3.12'
        raise SetupError(
            f'this needs Python {wanted}, but {sys.executable} is '
            f'{here[0]}.{here[1]}. Name another one: '
            'make ... PYTHON=/path/to/python3.11'
        )
    for module in ('venv', 'ensurepip'):
        if importlib.util.find_spec(module) is None:
            raise SetupError(
                f'{sys.executable} has no module {module}, which makes '
                'virtual environments. On Debian or Ubuntu: '
                f'apt-get install python{here[0]}.{here[1]}-venv'
            )


def check_machine(level: str, env: Environment) -> None:
    """Find out early, before gigabytes are loaded, what cannot work."""
    if level == 'all' and not env.has('mmcv') and not any_wheel(env):
        check_compiler()
    free = shutil.disk_usage(env.state).free / 1e9
    if not env.has('torch') and free < NEEDED_GB:
        say(
            f'set-up: only {free:.0f} GB are free at {env.folder}, about '
            f'{NEEDED_GB} GB are needed'
        )


if __name__ == '__main__':
    sys.exit(main())
