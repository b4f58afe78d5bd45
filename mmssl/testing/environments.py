"""Real installs of the package into virtual environments, for tests.

No network is used: an environment sees the packages of this one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

# What packaging reads.
PARTS = (
    *('setup.py', 'pyproject.toml', 'MANIFEST.in', 'LICENSE', 'README.md'),
    *('model-index.yml', 'dataset-index.yml'),
    *('requirements', 'mmssl', 'configs', 'tools'),
)
_IGNORED = shutil.ignore_patterns('__pycache__', '.mim', '*.egg-info')


def copy_sources(root: Path, folder: Path) -> None:
    """Copy what packaging reads, so that a build leaves nothing in ours.

    Args:
        root: The repository.
        folder: Gets the copy; it exists.
    """
    for name in PARTS:
        path = root / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=_IGNORED)
        elif path.exists():
            shutil.copy2(path, folder)


def make_environment(
    folder: Path, below: Sequence[str | Path] | None = None
) -> Path:
    """Make an environment that sees other packages, but no mmssl of theirs.

    ``--system-site-packages`` would show those of the base interpreter. A
    plain path in a .pth file does not run the .pth files in there, so an
    editable mmssl stays unseen.

    Args:
        folder: Where it will be.
        below: Folders of packages, first found first; default: this one's.

    Returns:
        Its interpreter.
    """
    run_clean(sys.executable, '-m', 'venv', '--without-pip', folder)
    (packages,) = folder.glob('lib/python*/site-packages')
    paths = [sysconfig.get_paths()['purelib']] if below is None else below
    text = ''.join(f'{path}\n' for path in paths)
    (packages / 'below.pth').write_text(text, encoding='utf-8')
    return folder / 'bin' / 'python'


def pip(python: str | Path, command: str, *args: str | Path) -> None:
    """Run pip of this environment for another one's interpreter.

    Args:
        python: Interpreter to install for.
        command: 'install', 'wheel', ...
        *args: More arguments; nothing is downloaded.
    """
    options = ('-q', '--no-deps', '--no-build-isolation', '--no-index')
    run_clean(
        *(sys.executable, '-m', 'pip', '--python', python),
        *(command, *options, *args),
    )


def run_clean(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a program without ``PYTHONPATH``; return what it prints.

    Raises:
        RuntimeError: It failed; the message has its output.
    """
    env = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    text = [os.fspath(part) for part in command]
    done = subprocess.run(
        text, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(
            f'{" ".join(text)} ended with {done.returncode}:\n'
            f'{done.stdout}{done.stderr}'
        )
    return done.stdout
