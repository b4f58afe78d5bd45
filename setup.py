"""Packaging of mmssl: what to install, and the configs inside the wheel."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
# What `mim` and mmengine look for below mmssl/.mim in an installed package.
MIM_PARTS = ('configs', 'tools', 'model-index.yml', 'dataset-index.yml')
NOT_PACKED = shutil.ignore_patterns('__pycache__', '*.py[co]', 'dev')
EXTRAS = ('lite', 'det', 'seg', 'pose', 'export', 'plots', 'tests', 'docs')


class BuildWithMim(build_py):
    """Adds ``mmssl/.mim`` to what is built, never to the source tree.

    An editable install needs no copy: there ``mmssl.utils.host`` finds the
    configs beside the package.
    """

    def run(self) -> None:
        """Build the package, then copy the configs and tools beside it."""
        super().run()
        if getattr(self, 'editable_mode', False):
            return
        target = Path(self.build_lib, 'mmssl', '.mim')
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for part in MIM_PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, target / part, ignore=NOT_PACKED)
            else:
                shutil.copy2(source, target / part)


def requirements(name: str) -> list[str]:
    """Return the lines of a requirements file without its comments."""
    text = (ROOT / 'requirements' / f'{name}.txt').read_text('utf-8')
    lines = (re.sub(r'(^|\s)#.*', '', line) for line in text.splitlines())
    return [line.strip() for line in lines if line.strip()]


def version() -> str:
    """Return the version without importing the package."""
    text = (ROOT / 'mmssl' / 'version.py').read_text('utf-8')
    return re.findall(r"__version__ = '([^']+)'", text)[0]


def read_me() -> str:
    """Return the README, which is the page on the package index."""
    path = ROOT / 'README.md'
    return path.read_text('utf-8') if path.is_file() else ''


extras = {name: requirements(name) for name in EXTRAS}
extras['all'] = sorted(
    {
        line
        for name in ('det', 'seg', 'pose', 'export', 'plots')
        for line in extras[name]
    }
)

setup(
    name='mmssl',
    version=version(),
    description='Self-supervised pretraining that keeps spatial structure, '
    'for OpenMMLab',
    long_description=read_me(),
    long_description_content_type='text/markdown',
    author='The mmssl authors',
    url='https://pypi.org/project/mmssl/',
    license='Apache-2.0',
    keywords='computer vision, self-supervised learning, optical flow',
    classifiers=[
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.9',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
    packages=find_packages(include=['mmssl', 'mmssl.*']),
    include_package_data=True,
    zip_safe=False,
    python_requires='>=3.9',
    install_requires=requirements('runtime'),
    extras_require=extras,
    entry_points={'console_scripts': ['mmssl = mmssl.cli:main']},
    cmdclass={'build_py': BuildWithMim},
)
