"""Where jobs run: one on each GPU, so many on the CPU, or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from mmssl.benchmark.pool import Slot

_THREADS = 'OMP_NUM_THREADS'
_VISIBLE = 'CUDA_VISIBLE_DEVICES'
# Threads that wait asleep, where several programs share the cores.
_PATIENT = {'OMP_WAIT_POLICY': 'PASSIVE'}


def gpu_slots(
    count: int | None, environment: Mapping[str, str], present: int
) -> list[Slot]:
    """Return one slot for each GPU.

    Args:
        count: How many to use; None: all.
        environment: Of this process; its ``CUDA_VISIBLE_DEVICES`` is kept to.
        present: GPUs that this process sees.

    Raises:
        ValueError: There are less.

    Example:
        >>> gpu_slots(1, {'CUDA_VISIBLE_DEVICES': '3,5'}, 2)[0].environment
        {'CUDA_VISIBLE_DEVICES': '3', 'OMP_WAIT_POLICY': 'PASSIVE'}
    """
    wanted = present if count is None else count
    if not 1 <= wanted <= present:
        raise ValueError(
            f'--gpus must be 1 to {present}, the GPUs of this machine, got '
            f'{wanted}'
            if present
            else f'--gpus {wanted}: torch finds no GPU on this machine; '
            'without --gpus the CPU is used'
        )
    listed = [w for w in environment.get(_VISIBLE, '').split(',') if w]
    names = listed or [str(number) for number in range(present)]
    return [
        Slot(f'GPU {name}', {_VISIBLE: name, **_patient(environment)})
        for name in names[:wanted]
    ]


def cpu_slots(
    count: int | None, environment: Mapping[str, str], cores: int
) -> list[Slot]:
    """Return slots that share the cores.

    Args:
        count: How many jobs at once; None: one for each core up to four,
            then one for each four cores. Small trainings gain little by a
            second thread, and each takes a gigabyte or more.
        environment: Of this process; its ``OMP_NUM_THREADS`` is kept to.
        cores: That this process may use.

    Raises:
        ValueError: Not a positive number.

    Example:
        >>> [
        ...     slot.environment['OMP_NUM_THREADS']
        ...     for slot in cpu_slots(2, {}, 8)
        ... ]
        ['4', '4']
    """
    wanted = min(cores, max(4, cores // 4)) if count is None else count
    if wanted < 1:
        raise ValueError(f'--jobs must be >= 1, got {wanted}')
    threads = environment.get(_THREADS, str(max(1, cores // wanted)))
    return [
        Slot(
            f'CPU {number}',
            # no job of the CPU touches a GPU
            {_VISIBLE: '', _THREADS: threads, **_patient(environment)},
        )
        for number in range(wanted)
    ]


def slurm_slots(
    partition: str,
    count: int,
    *,
    gpus: int = 1,
    cpus: int = 5,
    more: Sequence[str] = (),
) -> list[Slot]:
    """Return slots whose jobs are job steps of Slurm.

    srun waits for the job, so that signals, ends and failures are told as
    those of other processes.

    Args:
        partition: Of the cluster.
        count: How many jobs are queued at once.
        gpus: Of each job; 0: none.
        cpus: Of each job.
        more: Further arguments of srun.

    Raises:
        ValueError: A number is too small, or the partition's name is empty.
    """
    if count < 1 or gpus < 0 or cpus < 1:
        raise ValueError(
            'jobs and processors of Slurm must be >= 1 and GPUs >= 0, got '
            f'{count}, {cpus} and {gpus}'
        )
    if not partition or partition.startswith('-'):
        raise ValueError(
            f'--slurm wants the name of a partition, got {partition!r}'
        )
    words = [
        'srun',
        f'--partition={partition}',
        '--job-name=mmssl-benchmark',
        '--nodes=1',
        '--ntasks=1',
        f'--cpus-per-task={cpus}',
        '--kill-on-bad-exit=1',
        *([f'--gres=gpu:{gpus}'] if gpus else []),
        *more,
    ]
    environment = {_THREADS: str(cpus)} if not gpus else {}
    return [
        Slot(f'Slurm {number}', environment, tuple(words))
        for number in range(count)
    ]


def available_cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _patient(environment: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in _PATIENT.items() if k not in environment}
