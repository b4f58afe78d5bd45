import subprocess
import sys

import pytest


@pytest.fixture
def mim_env(dev):
    return dev('mim_env')


def test_install__one_command_in_an_environment_that_sees_the_one_below(
    mim_env, installed, tmp_path, monkeypatch
):
    """A real environment; pip is asked for all pins at once."""
    (packages,) = installed.folder.glob('lib/python*/site-packages')
    here = 'python{}.{}'.format(*sys.version_info[:2])
    packages.parent.rename(packages.parent.with_name(here))
    below = packages.parent.with_name(here) / 'site-packages'
    (below / 'only_below.py').write_text('value = 7\n')
    (below / 'below.pth').write_text('import sys; sys.exit("was run")\n')
    env = mim_env.Environment(installed.folder)
    asked = []
    monkeypatch.setattr(
        mim_env.Environment,
        'install',
        lambda self, *args, log: asked.append((self.folder, args)),
    )
    mim_env.install_mim(env, tmp_path / 'x.log')
    file = mim_env.REQUIREMENTS / 'mim.txt'
    assert asked == [(installed.folder / 'mim', ('-r', file))]
    done = subprocess.run(
        [str(mim_env.mim_environment(env).python)]
        + ['-c', 'import only_below; print(only_below.value)'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == '7\n'


def test_install__nothing_below(mim_env, tmp_path):
    env = mim_env.Environment(tmp_path / 'no')
    with pytest.raises(mim_env.SetupError, match='no virtual environment'):
        mim_env.install_mim(env, tmp_path / 'x.log')


def test_requirements__are_the_pins_that_the_page_tells(mim_env):
    lines = (mim_env.REQUIREMENTS / 'mim.txt').read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith('#')]
    page = mim_env.REQUIREMENTS.parent / 'docs' / 'install.md'
    told = ' '.join(f'"{pin}"' for pin in pins)
    assert f'pip install {told}' in ' '.join(page.read_text().split())
