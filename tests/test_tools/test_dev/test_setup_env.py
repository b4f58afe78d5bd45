import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / 'tools' / 'dev' / 'setup_env.py'


@pytest.fixture
def setup_env(dev):
    return dev('setup_env')


@pytest.mark.parametrize(
    ('level', 'version', 'allowed'),
    [
        ('all', (3, 11), True),
        ('all', (3, 10), False),
        ('all', (3, 12), False),
        ('core', (3, 8), False),
        ('core', (3, 9), True),
        ('core', (3, 12), True),
        ('core', (3, 13), False),
    ],
)
def test_python__version(setup_env, monkeypatch, level, version, allowed):
    monkeypatch.setattr(sys, 'version_info', (*version, 4, 'final', 0))
    if allowed:
        setup_env.check_python(level, any_python=False)
        return
    wanted = '3.11, but' if level == 'all' else '3.9 to 3.12, but'
    text = rf'needs Python {wanted} .* is {version[0]}\.{version[1]}\. Name'
    with pytest.raises(setup_env.SetupError, match=text):
        setup_env.check_python(level, any_python=False)
    setup_env.check_python(level, any_python=True)


def test_python__without_venv(setup_env, monkeypatch):
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name: name != 'ensurepip' or None
    )
    with pytest.raises(
        setup_env.SetupError, match=r'no module ensurepip.*-venv'
    ):
        setup_env.check_python('core', any_python=True)


class Env:
    def __init__(self, folder, *packages):
        self.folder = self.state = folder
        self.packages = packages

    def has(self, package):
        return package in self.packages


def test_machine__compiler_is_asked_for_when_needed(
    setup_env, monkeypatch, tmp_path
):
    def missing():
        raise setup_env.SetupError('no compiler')

    monkeypatch.setattr(setup_env, 'check_compiler', missing)
    monkeypatch.setattr(setup_env, 'any_wheel', lambda env: False)
    with pytest.raises(setup_env.SetupError, match='no compiler'):
        setup_env.check_machine('all', Env(tmp_path, 'torch'))
    setup_env.check_machine('core', Env(tmp_path, 'torch'))
    setup_env.check_machine('all', Env(tmp_path, 'torch', 'mmcv'))
    monkeypatch.setattr(setup_env, 'any_wheel', lambda env: True)
    setup_env.check_machine('all', Env(tmp_path, 'torch'))


def test_machine__little_space_is_told(
    setup_env, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(setup_env, 'NEEDED_GB', 10**9)
    setup_env.check_machine('core', Env(tmp_path, 'torch'))
    assert capsys.readouterr().out == ''
    setup_env.check_machine('core', Env(tmp_path))
    assert 'about 1000000000 GB are needed' in capsys.readouterr().out


def test_main__failure_is_one_clear_message(tmp_path):
    """The whole script, with a compiler that does not exist."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), 'all', '--any-python']
        + ['--venv', str(tmp_path / 'env')],
        env={'CXX': 'no-such-compiler', 'MMSSL_CACHE': str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no C++ compiler ('no-such-compiler' was not found)" in done.stderr
    assert done.stderr.endswith('the same command goes on here.\n')
    assert 'Traceback' not in done.stderr


def test_help__needs_nothing_installed(tmp_path):
    """Isolated from all packages: standard library only."""
    done = subprocess.run(
        [sys.executable, '-S', '-E', str(SCRIPT), '--help'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'MMSSL_VENV' in done.stdout
