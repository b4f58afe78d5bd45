"""What is installed, in which order: the steps of each level."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from environment import (
    REQUIREMENTS,
    ROOT,
    Environment,
    requirement_names,
)
from mim_env import install_mim, mim_environment
from mmcv_wheel import install_mmcv
from steps import SetupError, Step, call, say


def core_steps(env: Environment) -> list[Step]:
    """Steps for pretraining and its tests, with mmcv-lite."""
    return [
        *_base_steps(env),
        Step(
            'mmcv-lite',
            'mmcv without compiled operators (mmcv-lite)',
            _text('lite'),
            lambda log: _install_lite(env, log),
            lambda: str(env.has('mmcv') or env.has('mmcv-lite')),
        ),
        _step(env, 'core-tests', 'pytest and lint tools', 'tests'),
        _mmssl_step(env),
    ]


def all_steps(env: Environment) -> list[Step]:
    """Steps for everything: downstream projects, demo, tests, lint."""
    return [
        *_base_steps(env),
        Step(
            'mmcv',
            'mmcv with compiled operators',
            _text('build'),
            lambda log: install_mmcv(env, log),
            lambda: env.versions('mmcv', 'mmcv-lite', 'torch'),
        ),
        _step(env, 'downstream', 'mmdet, mmseg, mmpose', 'det', 'seg', 'pose'),
        _step(env, 'mmpose', 'mmpose by itself', 'pose_nodeps', deps=False),
        _step(
            env,
            'tests',
            "pytest, lint tools, plots, the demo's clips",
            *('tests', 'export', 'plots', 'demo'),
        ),
        _mmssl_step(env),
        _mim_step(env),
    ]


def _base_steps(env: Environment) -> list[Step]:
    return [
        Step(
            'python',
            f'virtual environment {env.folder}',
            f'{sys.version} {sys.executable} {env.folder}',
            env.create,
            lambda: str(env.python.exists()),
        ),
        _step(env, 'build', 'pip, setuptools, ninja', 'build', '--upgrade'),
        Step(
            'torch',
            'torch and torchvision (2 to 3 GB)',
            _text(),
            lambda log: env.install('torch', 'torchvision', 'numpy', log=log),
            lambda: env.versions('torch', 'torchvision', 'numpy'),
        ),
        _step(env, 'runtime', 'mmengine, mmpretrain, OpenCV', 'runtime'),
        # Before mmcv, which imports it.
        Step(
            'opencv',
            'check of OpenCV',
            _text('runtime'),
            lambda log: check_opencv(env, log),
            lambda: env.versions('opencv-python', 'opencv-python-headless'),
        ),
    ]


def _step(
    env: Environment, name: str, says: str, *files: str, deps: bool = True
) -> Step:
    """Make the step that installs requirements files (or pip options)."""
    names = [file for file in files if not file.startswith('-')]
    options = [file for file in files if file.startswith('-')]
    options += [] if deps else ['--no-deps']
    for file in names:
        options += ['-r', str(REQUIREMENTS / f'{file}.txt')]
    packages = [
        package for file in names for package in requirement_names(_read(file))
    ]
    return Step(
        name,
        says,
        _text(*names),
        lambda log: env.install(*options, log=log),
        lambda: env.versions(*packages),
    )


def _mmssl_step(env: Environment) -> Step:
    parts = ('setup.py', 'pyproject.toml', 'mmssl/version.py')
    return Step(
        'mmssl',
        'mmssl itself (editable)',
        str(ROOT) + ''.join((ROOT / p).read_text('utf-8') for p in parts),
        lambda log: env.install(
            *('--no-deps', '--no-build-isolation', '-e', ROOT), log=log
        ),
        lambda: env.versions('mmssl'),
    )


def _mim_step(env: Environment) -> Step:
    inner = mim_environment(env)
    return Step(
        'mim',
        f'the mim command, by itself in {inner.folder}',
        f'{sys.version} {inner.folder} {_text("mim")}',
        lambda log: install_mim(env, log),
        lambda: inner.versions('openmim', 'pandas', 'setuptools'),
    )


def _install_lite(env: Environment, log: Path) -> None:
    """Install mmcv-lite, unless mmcv is there: they share a folder."""
    if env.has('mmcv'):
        say('        mmcv is there, which does as well')
    else:
        env.install('-r', REQUIREMENTS / 'lite.txt', log=log)


def check_opencv(env: Environment, log: Path) -> None:
    """Replace OpenCV by its headless build where libGL is missing.

    opencv-python needs libraries of a desktop (libGL, libglib), which bare
    servers and containers lack; nothing in mmssl opens a window.
    """
    test: list[str | Path] = [env.python, '-c', 'import cv2']
    try:
        call(test, log)
    except SetupError as error:
        if not re.search(r'lib\w+[-.\w]*\.so', str(error)):
            raise
        version = env.versions('opencv-python').split()[1]
        say('        no desktop libraries here: using opencv-python-headless')
        env.install(
            *('--force-reinstall', '--no-deps'),
            f'opencv-python-headless=={version}',
            log=log,
        )
        call(test, log)


def _text(*files: str) -> str:
    """Return all that decides what these requirements files install."""
    return '\n'.join(_read(file) for file in ('constraints', 'locked', *files))


def _read(file: str) -> str:
    return (REQUIREMENTS / f'{file}.txt').read_text(encoding='utf-8')


STEPS = {'all': all_steps, 'core': core_steps}
