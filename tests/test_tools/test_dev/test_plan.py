import shutil
from pathlib import Path

import pytest


@pytest.fixture
def plan(dev):
    return dev('plan')


@pytest.fixture
def env(dev, installed):
    return dev('environment').Environment(installed.folder)


def names(steps):
    return [step.name for step in steps]


def test_levels__order(plan, env):
    """OpenCV is looked at before mmcv imports it, mmcv before mmdet."""
    base = ['python', 'build', 'torch', 'runtime', 'opencv']
    core = [*base, 'mmcv-lite', 'core-tests', 'mmssl']
    full = [*base, 'mmcv', 'downstream', 'mmpose', 'tests', 'mmssl', 'mim']
    assert names(plan.STEPS['core'](env)) == core
    assert names(plan.STEPS['all'](env)) == full


def due(plan, env, before):
    """Names of the steps whose stamp is no longer what it was."""
    now = {step.name: step.stamp() for step in plan.all_steps(env)}
    return sorted(name for name in now if now[name] != before[name])


@pytest.fixture
def files(plan, env, tmp_path, monkeypatch):
    """A copy of requirements/ that a test may change, and the stamps."""
    folder = tmp_path / 'requirements'
    shutil.copytree(plan.REQUIREMENTS, folder)
    monkeypatch.setattr(plan, 'REQUIREMENTS', folder)
    stamps = {step.name: step.stamp() for step in plan.all_steps(env)}
    return folder, stamps


def test_stamps__follow_the_requirements(plan, env, files):
    folder, before = files
    assert due(plan, env, before) == []
    with (folder / 'seg.txt').open('a') as file:
        file.write('one-more\n')
    assert due(plan, env, before) == ['downstream']


def test_stamps__follow_the_constraints(plan, env, files):
    folder, before = files
    with (folder / 'constraints.txt').open('a') as file:
        file.write('one-more==1\n')
    assert set(before) - set(due(plan, env, before)) == {'python', 'mmssl'}


def test_stamps__of_mim_follow_its_own_environment(plan, env, files):
    folder, before = files
    packages = env.folder / 'mim' / 'lib' / 'python3.11' / 'site-packages'
    (packages / 'openmim-0.3.9.dist-info').mkdir(parents=True)
    assert due(plan, env, before) == ['mim']
    shutil.rmtree(env.folder / 'mim')
    assert due(plan, env, before) == []
    with (folder / 'mim.txt').open('a') as file:
        file.write('one-more\n')
    assert due(plan, env, before) == ['mim']


def test_stamps__follow_what_is_installed(plan, env, files, installed):
    _, before = files
    installed('timm', '9.9')
    assert due(plan, env, before) == ['tests']
    installed('torch', '2.14')
    assert due(plan, env, before) == ['mmcv', 'runtime', 'tests', 'torch']


class Calls:
    """Stands for pip: notes what it is asked to install."""

    def __init__(self, monkeypatch, env):
        self.made = []
        monkeypatch.setattr(
            env, 'install', lambda *args, log: self.made.append(args)
        )


def test_step__mmpose_without_its_requirements(plan, env, monkeypatch):
    calls = Calls(monkeypatch, env)
    (step,) = (s for s in plan.all_steps(env) if s.name == 'mmpose')
    step.action(Path('x.log'))
    ((options, _, file),) = calls.made
    assert options == '--no-deps'
    assert file.endswith('pose_nodeps.txt')


def test_lite__not_beside_mmcv(plan, env, monkeypatch, installed, capsys):
    calls = Calls(monkeypatch, env)
    plan._install_lite(env, Path('x.log'))
    assert str(calls.made[0][-1]).endswith('lite.txt')
    installed('mmcv', '2.1.0')
    plan._install_lite(env, Path('x.log'))
    assert len(calls.made) == 1
    assert 'does as well' in capsys.readouterr().out


def failing(module, *messages):
    """A stand-in for ``call`` that fails with these messages, then works."""
    left = list(messages)

    def call(command, log):
        if left:
            raise module.SetupError(left.pop(0))

    return call


def test_opencv__works(plan, env, monkeypatch):
    calls = Calls(monkeypatch, env)
    monkeypatch.setattr(plan, 'call', failing(plan))
    plan.check_opencv(env, Path('x.log'))
    assert calls.made == []


def test_opencv__headless_where_libraries_are_missing(
    plan, env, monkeypatch, installed
):
    installed('opencv_python', '4.11.0.86')
    calls = Calls(monkeypatch, env)
    error = 'ImportError: libGL.so.1: cannot open shared object file'
    monkeypatch.setattr(plan, 'call', failing(plan, error))
    plan.check_opencv(env, Path('x.log'))
    assert calls.made[0][-1] == 'opencv-python-headless==4.11.0.86'


def test_opencv__other_errors_are_told(plan, env, monkeypatch):
    error = 'ImportError: numpy.core.multiarray failed to import'
    monkeypatch.setattr(plan, 'call', failing(plan, error))
    with pytest.raises(plan.SetupError, match='multiarray'):
        plan.check_opencv(env, Path('x.log'))
