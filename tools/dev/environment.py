"""A virtual environment of its own, and pip in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from steps import SetupError, call, say

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / 'requirements'
CONSTRAINTS = REQUIREMENTS / 'constraints.txt'
LOCKED = REQUIREMENTS / 'locked.txt'


class Environment:
    """A virtual environment, made by the interpreter that runs this.

    Args:
        folder: Where it is or will be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.state = self.folder / '.mmssl-setup'
        self.python = self.folder / 'bin' / 'python'

    @property
    def tag(self) -> str:
        """Python's tag in the names of wheels, e.g. 'cp311'."""
        major, minor = sys.version_info[:2]
        return f'cp{major}{minor}'

    def create(self, log: Path) -> None:
        """Make it, in place of what an earlier set-up may have left.

        Raises:
            SetupError: The folder holds what no set-up has made.
        """
        foreign = self.folder / 'pyvenv.cfg'
        if foreign.exists() and not (self.state / 'made_here').exists():
            raise SetupError(
                f'{self.folder} is a virtual environment that this set-up '
                'has not made, so it is left alone. Name another folder: '
                'MMSSL_VENV=/path/to/new make ...'
            )
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / 'made_here').touch()
        for part in self.folder.iterdir():
            if part != self.state:
                _remove(part)
        call([sys.executable, '-m', 'venv', self.folder], log)

    def pip(self, *args: str | Path, log: Path, **env: str) -> None:
        """Run one pip command in the environment."""
        call([self.python, '-m', 'pip', *args], log, env)

    def install(self, *args: str | Path, log: Path) -> None:
        """Install the locked versions; else such that satisfy the pins."""
        pins = ('install', '--no-input', '-c', CONSTRAINTS)
        try:
            self.pip(*pins, '-c', LOCKED, *args, log=log)
        except SetupError as error:
            say(
                '        failed with the locked versions '
                f'({_last_line(error)}); trying with the pins alone'
            )
            self.pip(*pins, *args, log=log)

    def versions(self, *packages: str) -> str:
        """Return the installed versions, one line for each package."""
        # From the names of the folders: reading each one's metadata takes
        # a second for every look.
        folders = self.folder.glob('lib/python*/site-packages/*.dist-info')
        parts = (path.name[: -len('.dist-info')] for path in folders)
        split = (part.rpartition('-') for part in parts)
        found = {normal_name(name): version for name, _, version in split}
        names = sorted(normal_name(package) for package in packages)
        return '\n'.join(f'{n} {found.get(n, "missing")}' for n in names)

    def has(self, package: str) -> bool:
        """Whether a package is installed."""
        return 'missing' not in self.versions(package)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second set-up of the same folder waiting."""
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / 'lock').open('w') as file:
            # What a killed set-up has started may go on, and keeps the lock.
            os.set_inheritable(file.fileno(), True)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f'set-up: another one works on {self.folder}; waiting')
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def normal_name(package: str) -> str:
    """Return a package's name as PyPI compares it."""
    return re.sub(r'[-_.]+', '-', package).lower()


def requirement_names(text: str) -> list[str]:
    """Return the names of the packages that a requirements file lists."""
    names = (re.match(r'[A-Za-z0-9][\w.-]*', x) for x in text.splitlines())
    return [match[0] for match in names if match]


def _last_line(error: SetupError) -> str:
    return str(error).splitlines()[-1].strip(' |')


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
