"""mmcv with its compiled operators, as a wheel kept for the next time.

mmcv comes from PyPI as source only and takes minutes to compile. The wheel
fits only the torch it was compiled with, so the cache has one folder for
each torch and Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from environment import CONSTRAINTS, Environment
from steps import SetupError, call, clean_environment, say

# Uses one compiled operator, so that a wheel for another torch is noticed.
_TRY = (
    'import torch; from mmcv.ops import nms; '
    'b = torch.tensor([[0., 0, 2, 2], [0, 0, 2, 2], [4, 4, 6, 6]]); '
    's = torch.tensor([.5, .9, .7]); '
    'assert nms(b, s, .5)[1].tolist() == [1, 2]'
)


def cache_root() -> Path:
    """Return MMSSL_CACHE/wheels, else the one in the user's cache folder."""
    root = os.environ.get('MMSSL_CACHE')
    if not root:
        home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
        root = os.path.join(home, 'mmssl')
    return Path(root).absolute() / 'wheels'


def any_wheel(env: Environment) -> bool:
    """Whether the cache has a wheel for this Python and some torch."""
    return any(cache_root().glob(f'torch-*-{env.tag}*/mmcv-2*.whl'))


def cache_folder(env: Environment) -> Path:
    """Return the folder of the wheels for this torch and this Python."""
    kind = _ask(
        env,
        'import torch; '
        'print(torch.__version__ + "-cuda" * torch.cuda.is_available())',
    )
    return cache_root() / f'torch-{kind}-{env.tag}'


def install_mmcv(env: Environment, log: Path) -> None:
    """Install mmcv from the cache, compiling it before if need be.

    Raises:
        SetupError: It cannot be compiled, or does not work.
    """
    folder = cache_folder(env)
    wheel = _find(folder)
    if wheel is not None:
        say(f'        compiled before: {wheel}')
        if _install_and_try(env, wheel, log):
            return
        say('        it does not work here, compiling anew')
        wheel.unlink()
    wheel = build_wheel(env, folder, log)
    if not _install_and_try(env, wheel, log):
        wheel.unlink()
        raise SetupError(
            f'mmcv was compiled, but its operators do not work; see {log}'
        )


def build_wheel(env: Environment, folder: Path, log: Path) -> Path:
    """Compile mmcv and put the wheel into ``folder``, in one move."""
    check_compiler()
    jobs = compile_jobs()
    say(
        f'        compiling its operators with {jobs} processes (15 to '
        '20 minutes of one core, once)'
    )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        env.pip(
            *('wheel', '--no-input', '--no-deps', '--no-build-isolation'),
            # Never pip's own cache: it does not tell torch versions apart.
            *('--no-cache-dir', '--no-binary', 'mmcv'),
            *('-c', CONSTRAINTS, '-w', scratch, '-v', 'mmcv'),
            log=log,
            MMCV_WITH_OPS='1',
            MAX_JOBS=str(jobs),
        )
        built = _find(Path(scratch))
        if built is None:
            raise SetupError(f'pip made no wheel of mmcv; see {log}')
        wheel = folder / built.name
        built.replace(wheel)
    return wheel


def check_compiler() -> None:
    """Compile nothing but the headers that mmcv needs.

    Raises:
        SetupError: No C++17 compiler, or Python's headers are missing.
    """
    compiler = os.environ.get('CXX', 'c++').split()
    if shutil.which(compiler[0]) is None:
        raise SetupError(
            f'mmcv has to be compiled, and there is no C++ compiler '
            f'({compiler[0]!r} was not found). Install one, on Debian or '
            'Ubuntu: apt-get install g++'
        )
    include = sysconfig.get_paths()['include']
    if not Path(include, 'Python.h').is_file():
        raise SetupError(
            f'mmcv has to be compiled, and the headers of Python are not '
            f'in {include}. Install them, on Debian or Ubuntu: '
            f'apt-get install python{sysconfig.get_python_version()}-dev'
        )
    test = subprocess.run(
        [*compiler, '-std=c++17', '-x', 'c++', '-fsyntax-only']
        + [f'-I{include}', '-'],
        input='#include <Python.h>\n#include <optional>\n',
        text=True,
        capture_output=True,
        check=False,
    )
    if test.returncode:
        raise SetupError(
            f'{compiler[0]} cannot compile C++17 with the headers of '
            f'Python:\n{test.stderr.strip()}'
        )


def compile_jobs() -> int:
    """Return how many compilers fit: one per core and per 2 GB of memory."""
    cores = len(os.sched_getaffinity(0))
    pages = os.sysconf('SC_AVPHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    return max(1, min(cores, pages // 2_000_000_000))


def _install_and_try(env: Environment, wheel: Path, log: Path) -> bool:
    """Install a wheel and run one of its operators."""
    if env.has('mmcv-lite'):  # shares mmcv's folder
        env.pip('uninstall', '--yes', 'mmcv-lite', log=log)
    try:
        env.install('--force-reinstall', '--no-deps', wheel, log=log)
        env.install(wheel, log=log)
        call([env.python, '-c', _TRY], log)
    except SetupError:
        return False
    return True


def _find(folder: Path) -> Path | None:
    wheels = sorted(folder.glob('mmcv-2*.whl'))
    return wheels[-1] if wheels else None


def _ask(env: Environment, code: str) -> str:
    """Return what a line of Python prints in the environment."""
    done = subprocess.run(
        [str(env.python), '-c', code],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=clean_environment(),
    )
    return done.stdout.strip()
