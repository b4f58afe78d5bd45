"""Variables of each launcher, and one real gloo group."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from torch import distributed

from mmssl.engine import processes
from mmssl.engine.processes import process_group, release_wrapper
from mmssl.engine.run_config import LaunchError


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(('SLURM_', 'OMPI_', 'MASTER_')):
            monkeypatch.delenv(name)
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def test_none__changes_nothing_but_the_launcher():
    cfg = Config(dict(a=1))
    with process_group(cfg, 'none'):
        assert not distributed.is_initialized()
    assert cfg.to_dict() == dict(a=1, launcher='none')


def test_gpu__is_left_to_mmengine(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    cfg = Config({})
    with process_group(cfg, 'pytorch'):
        assert not distributed.is_initialized()
    assert cfg.to_dict() == dict(launcher='pytorch')


@pytest.mark.parametrize(
    ('launcher', 'names'),
    [
        ('pytorch', ('RANK', 'WORLD_SIZE', 'LOCAL_RANK')),
        ('slurm', ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID')),
        (
            'mpi',
            (
                'OMPI_COMM_WORLD_RANK',
                'OMPI_COMM_WORLD_SIZE',
                'OMPI_COMM_WORLD_LOCAL_RANK',
            ),
        ),
    ],
)
def test_cpu__gloo_with_the_launchers_variables(monkeypatch, launcher, names):
    asked = {}

    def init(backend, timeout):
        asked.update(os.environ, backend=backend, timeout=timeout)

    monkeypatch.setattr(distributed, 'init_process_group', init)
    monkeypatch.setattr(distributed, 'destroy_process_group', lambda: None)
    # restored after the test, as is what the function writes
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'):
        monkeypatch.setenv(name, '')
    monkeypatch.setenv('MASTER_ADDR', 'node7')
    monkeypatch.setenv('GLOO_SOCKET_IFNAME', 'eth7')  # no look at node7
    monkeypatch.setenv('MASTER_PORT', '123')
    for name, value in zip(names, ('5', '8', '1')):
        monkeypatch.setenv(name, value)
    cfg = Config(dict(env_cfg=dict(dist_cfg=dict(backend='nccl', timeout=9))))
    with process_group(cfg, launcher):
        pass
    assert asked['GLOO_SOCKET_IFNAME'] == 'eth7'
    assert (asked['RANK'], asked['WORLD_SIZE'], asked['LOCAL_RANK']) == (
        '5',
        '8',
        '1',
    )
    assert (asked['MASTER_ADDR'], asked['MASTER_PORT']) == ('node7', '123')
    assert (asked['backend'], asked['timeout']) == ('gloo', timedelta(0, 9))
    assert cfg.env_cfg.dist_cfg.backend == 'gloo'
    assert cfg.model_wrapper_cfg.device_ids is None


def test_cpu__wrapper_of_the_config_is_kept(monkeypatch):
    monkeypatch.setattr(distributed, 'is_initialized', lambda: True)
    cfg = Config(
        dict(
            model_wrapper_cfg=dict(type='MyDDP', static_graph=True),
            find_unused_parameters=True,
        )
    )
    with process_group(cfg, 'pytorch'):
        pass
    assert cfg.model_wrapper_cfg.to_dict() == dict(
        type='MyDDP',
        static_graph=True,
        broadcast_buffers=False,
        find_unused_parameters=True,
        device_ids=None,
    )


def test_missing_variables__clear_error():
    with pytest.raises(LaunchError, match='needs RANK, WORLD_SIZE, LOCAL_RA'):
        with process_group(Config({}), 'pytorch'):
            pass
    with pytest.raises(LaunchError, match='SLURM_PROCID'):
        with process_group(Config({}), 'slurm'):
            pass
    with pytest.raises(LaunchError, match="mpi, got 'ssh'"):
        with process_group(Config({}), 'ssh'):
            pass


def test_first_host__of_a_slurm_job(monkeypatch):
    assert processes._first_host() == '127.0.0.1'
    monkeypatch.setenv('SLURM_NODELIST', 'gpu[03-04]')

    def run(command, **options):
        assert command == ['scontrol', 'show', 'hostnames', 'gpu[03-04]']
        return subprocess.CompletedProcess(command, 0, 'gpu03\ngpu04\n')

    monkeypatch.setattr(subprocess, 'run', run)
    assert processes._first_host() == 'gpu03'


def test_group__is_closed_even_after_an_error(monkeypatch):
    for name, value in dict(
        RANK='0',
        WORLD_SIZE='1',
        LOCAL_RANK='0',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(20000 + os.getpid() % 20000),
    ).items():
        monkeypatch.setenv(name, value)
    backends = []

    def fail_inside():
        with process_group(Config({}), 'pytorch'):
            backends.append(distributed.get_backend())
            raise KeyError('x')

    with pytest.raises(KeyError):
        fail_inside()
    assert backends == ['gloo']
    assert not distributed.is_initialized()


def test_release_wrapper__leaves_the_bare_model(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    bare = torch.nn.Linear(2, 1)
    wrapped = torch.nn.DataParallel(bare)
    runner = SimpleNamespace(model=wrapped)
    release_wrapper(runner)
    assert runner.model is bare
    release_wrapper(runner)  # nothing left to unwrap
    assert runner.model is bare


@pytest.mark.parametrize(
    ('launcher', 'gpu', 'left'),
    [
        ('pytorch', False, None),
        ('pytorch', True, 'torch'),
        ('none', False, 'torch'),
    ],
)
def test_sync_bn__is_left_out_on_the_cpu_and_told(
    monkeypatch, launcher, gpu, left
):
    told = []
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
    monkeypatch.setattr(distributed, 'is_initialized', lambda: True)
    monkeypatch.setattr(processes, 'print_log', lambda *a: told.append(a[0]))
    cfg = Config(dict(sync_bn='torch'))
    with process_group(cfg, launcher):
        assert cfg.sync_bn == left
    assert len(told) == (left is None)
    assert all("sync_bn='torch' needs GPUs" in text for text in told)
