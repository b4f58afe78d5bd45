"""The mim command in an environment of its own, for its tests.

It sees all packages of the environment below, so torch and mmcv are there
already; what mim drags along stays outside of that one.
"""

from __future__ import annotations

from pathlib import Path

from environment import REQUIREMENTS, Environment
from steps import SetupError

NAME = 'mim'


def mim_environment(env: Environment) -> Environment:
    """Return the environment of mim, a folder inside the one below."""
    return Environment(env.folder / NAME)


def install_mim(env: Environment, log: Path) -> None:
    """Make the environment and install mim, in one pip command.

    Raises:
        SetupError: pip failed, or the environment below has no packages.
    """
    below = sorted(env.folder.glob('lib/python*/site-packages'))
    if not below:
        raise SetupError(f'{env.folder} is no virtual environment')
    inner = mim_environment(env)
    inner.create(log)
    for packages in inner.folder.glob('lib/python*/site-packages'):
        # A plain path: .pth files in there (editable installs) are not read.
        text = ''.join(f'{path}\n' for path in below)
        (packages / 'below.pth').write_text(text, encoding='utf-8')
    inner.install('-r', REQUIREMENTS / 'mim.txt', log=log)
