"""Process groups where there is no GPU.

mmengine 0.10.7 calls ``torch.cuda.set_device`` before it makes a process
group, and hands DDP the device of the local rank; both fail on the CPU. Here
the group is made first (the Runner then leaves it alone), with gloo, and DDP
is told to use no device. ``sync_bn`` is left out, as torch's acts on a GPU
only. With a GPU, everything is left to mmengine.
"""

from __future__ import annotations

import gc
import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from mmengine.config import Config
from mmengine.dist import barrier
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import distributed

from mmssl.engine.network_interface import gloo_interface
from mmssl.engine.run_config import LaunchError
from mmssl.engine.stop_request import RunStopped

LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')


@contextmanager
def process_group(cfg: Config, launcher: str) -> Iterator[None]:
    """Prepare a config for its launcher, and the group on the CPU.

    Args:
        cfg: Gets ``launcher``; on the CPU also ``model_wrapper_cfg`` and the
            backend.
        launcher: One of :data:`LAUNCHERS`.

    Raises:
        LaunchError: Unknown launcher, or what it should have set is missing.
    """
    if launcher not in LAUNCHERS:
        raise LaunchError(
            f'launcher must be one of {", ".join(LAUNCHERS)}, got {launcher!r}'
        )
    cfg.launcher = launcher
    if launcher == 'none' or torch.cuda.is_available():
        yield
        return
    _use_cpu(cfg)
    _leave_out_sync_bn(cfg)
    if distributed.is_initialized():
        yield
        return
    os.environ.update(_environment(launcher))
    with gloo_interface(os.environ['MASTER_ADDR']), _gloo_group(cfg):
        yield


@contextmanager
def _gloo_group(cfg: Config) -> Iterator[None]:
    """Make a group, and leave it when all processes are done."""
    options = dict(cfg.env_cfg.dist_cfg)
    distributed.init_process_group(
        'gloo', timeout=timedelta(seconds=options.get('timeout', 1800))
    )
    try:
        yield
        # The first process may still be writing: a process that leaves
        # early, or fails while leaving, would take it along.
        barrier()
    except RunStopped:  # raised in all processes, like the end of a run
        barrier()
        raise
    finally:
        distributed.destroy_process_group()


def release_wrapper(runner: Runner) -> None:
    """Take the model out of DDP, once training or testing is over.

    DDP keeps the process group alive. A group that dies with the interpreter
    may have a thread that still wants to release tensors then; Python ends
    such a thread, and C++ the process: SIGABRT after a good run, seen in one
    of ten on the CPU.

    Args:
        runner: Its model is unwrapped in place; with a GPU it stays.
    """
    if torch.cuda.is_available() or not is_model_wrapper(runner.model):
        return
    runner.model = runner.model.module
    gc.collect()


def _use_cpu(cfg: Config) -> None:
    """Tell DDP to use no device; otherwise as mmengine would wrap."""
    wrapper = dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    wrapper.update(cfg.get('model_wrapper_cfg') or {})
    cfg.model_wrapper_cfg = dict(wrapper, device_ids=None)
    cfg.setdefault('env_cfg', dict())
    cfg.env_cfg.dist_cfg = dict(
        cfg.env_cfg.get('dist_cfg') or {}, backend='gloo'
    )


def _leave_out_sync_bn(cfg: Config) -> None:
    """Take ``sync_bn`` out of a config, and say so."""
    kind = cfg.get('sync_bn')
    if kind:
        cfg.sync_bn = None
        print_log(
            f'sync_bn={kind!r} needs GPUs and is left out: on the CPU each '
            'process normalises by its own images. For batch statistics of '
            'all images, train in one process',
            'current',
            logging.WARNING,
        )


def _environment(launcher: str) -> dict[str, str]:
    """Return torch's variables from those of the launcher."""
    sources = {
        'pytorch': ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'),
        'slurm': ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID'),
        'mpi': (
            'OMPI_COMM_WORLD_RANK',
            'OMPI_COMM_WORLD_SIZE',
            'OMPI_COMM_WORLD_LOCAL_RANK',
        ),
    }[launcher]
    missing = [name for name in sources if name not in os.environ]
    if missing:
        raise LaunchError(
            f'--launcher {launcher} needs {", ".join(missing)} in the '
            'environment: start with tools/dist_train.sh, srun or mpirun'
        )
    found = {
        name: os.environ[source]
        for name, source in zip(('RANK', 'WORLD_SIZE', 'LOCAL_RANK'), sources)
    }
    address = os.environ.get('MASTER_ADDR') or _first_host()
    port = os.environ.get('MASTER_PORT', '29500')
    return dict(found, MASTER_ADDR=address, MASTER_PORT=port)


def _first_host() -> str:
    """Return the first host of a Slurm job, else this one."""
    nodes = os.environ.get('SLURM_NODELIST')
    if not nodes:
        return '127.0.0.1'
    hosts = subprocess.run(
        ['scontrol', 'show', 'hostnames', nodes],
        capture_output=True,
        text=True,
        check=True,
    )
    return hosts.stdout.split()[0]
