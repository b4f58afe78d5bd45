import os
import sysconfig
from pathlib import Path

import pytest


@pytest.fixture
def module(dev):
    return dev('mmcv_wheel')


class FakeEnv:
    """An environment that notes what pip does and makes empty wheels."""

    tag = 'cp311'
    python = 'python'

    def __init__(self):
        self.done = []

    def has(self, package):
        return package in self.done

    def pip(self, *args, log, **env):
        self.done.append((args[0], env))
        if args[0] == 'wheel':
            folder = Path(args[args.index('-w') + 1])
            (folder / 'mmcv-2.1.0-cp311-linux.whl').write_text('new')

    def install(self, *args, log):
        self.done.append(('install', args[-1].read_text()))


@pytest.fixture
def env():
    return FakeEnv()


@pytest.fixture
def cache(module, monkeypatch, tmp_path):
    """The cache of a pretended torch, where only 'bad' wheels fail."""

    def fake_call(command, log):
        if env_of.done[-1][1] == 'bad':
            raise module.SetupError('undefined symbol')

    env_of = None

    def attach(env):
        nonlocal env_of
        env_of = env

    monkeypatch.setenv('MMSSL_CACHE', str(tmp_path))
    monkeypatch.setattr(module, '_ask', lambda env, code: '2.11.0+cu130')
    monkeypatch.setattr(module, 'call', fake_call)
    monkeypatch.setattr(module, 'check_compiler', lambda: None)
    folder = tmp_path / 'wheels' / 'torch-2.11.0+cu130-cp311'
    return folder, attach


def put(folder, text):
    folder.mkdir(parents=True)
    (folder / 'mmcv-2.1.0-cp311-linux.whl').write_text(text)


def test_cache_root__order_of_settings(module, monkeypatch, tmp_path):
    monkeypatch.setenv('MMSSL_CACHE', '')
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    monkeypatch.setenv('HOME', str(tmp_path))
    assert module.cache_root() == tmp_path / '.cache' / 'mmssl' / 'wheels'
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'xdg'))
    assert module.cache_root() == tmp_path / 'xdg' / 'mmssl' / 'wheels'
    monkeypatch.setenv('MMSSL_CACHE', str(tmp_path / 'own'))
    assert module.cache_root() == tmp_path / 'own' / 'wheels'


def test_install__uses_the_cached_wheel(module, env, cache, tmp_path):
    folder, attach = cache
    attach(env)
    put(folder, 'good')
    assert module.any_wheel(env)
    module.install_mmcv(env, tmp_path / 'x.log')
    assert env.done == [('install', 'good')] * 2


def test_install__compiles_and_keeps_the_wheel(module, env, cache, tmp_path):
    folder, attach = cache
    attach(env)
    assert not module.any_wheel(env)
    module.install_mmcv(env, tmp_path / 'x.log')
    kind, settings = env.done[0]
    assert kind == 'wheel'
    assert settings['MMCV_WITH_OPS'] == '1'
    assert env.done[1:] == [('install', 'new')] * 2
    assert [p.name for p in folder.iterdir()] == ['mmcv-2.1.0-cp311-linux.whl']


def test_install__replaces_a_wheel_that_does_not_work(
    module, env, cache, tmp_path, capsys
):
    folder, attach = cache
    attach(env)
    put(folder, 'bad')
    module.install_mmcv(env, tmp_path / 'x.log')
    assert 'does not work here, compiling anew' in capsys.readouterr().out
    assert [kind for kind, _ in env.done].count('wheel') == 1
    assert (folder / 'mmcv-2.1.0-cp311-linux.whl').read_text() == 'new'


def test_install__takes_mmcv_lite_away_first(module, env, cache, tmp_path):
    folder, attach = cache
    attach(env)
    put(folder, 'good')
    env.done.append('mmcv-lite')
    module.install_mmcv(env, tmp_path / 'x.log')
    assert env.done[1] == ('uninstall', {})


def test_compiler__missing(module, monkeypatch):
    monkeypatch.setenv('CXX', 'no-such-compiler')
    with pytest.raises(module.SetupError, match=r"'no-such-compiler'.*g\+\+"):
        module.check_compiler()


def test_compiler__headers_missing(module, monkeypatch, tmp_path):
    monkeypatch.setenv('CXX', 'true')
    monkeypatch.setattr(
        sysconfig, 'get_paths', lambda: {'include': str(tmp_path)}
    )
    with pytest.raises(module.SetupError, match=r'headers.*python3\.\d+-dev'):
        module.check_compiler()


def test_compiler__too_old(module, monkeypatch, tmp_path):
    (tmp_path / 'Python.h').touch()
    script = tmp_path / 'old-c++'
    script.write_text('#!/bin/sh\necho unknown -std=c++17 >&2\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv('CXX', str(script))
    monkeypatch.setattr(
        sysconfig, 'get_paths', lambda: {'include': str(tmp_path)}
    )
    with pytest.raises(module.SetupError, match=r'unknown -std=c\+\+17'):
        module.check_compiler()


@pytest.mark.parametrize(
    ('cores', 'gigabytes', 'jobs'),
    [(8, 64, 8), (8, 6, 3), (2, 1, 1), (1, 64, 1)],
)
def test_jobs__limited_by_cores_and_memory(
    module, monkeypatch, cores, gigabytes, jobs
):
    sizes = {'SC_AVPHYS_PAGES': gigabytes * 10**9, 'SC_PAGE_SIZE': 1}
    monkeypatch.setattr(os, 'sched_getaffinity', lambda _: set(range(cores)))
    monkeypatch.setattr(os, 'sysconf', sizes.__getitem__)
    assert module.compile_jobs() == jobs
