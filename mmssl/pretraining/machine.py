"""What this process may use of the machine it runs on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

_CGROUP = Path('/sys/fs/cgroup')


@dataclass(frozen=True)
class Machine:
    """What a run can have.

    Attributes:
        cpus: CPU cores, rounded down, at least 1.
        gpus: Number of GPUs.
        gpu: Name of the first one; '' without.
        gpu_bytes: Its free memory.
        bf16: Whether it computes in bfloat16.
    """

    cpus: int
    gpus: int = 0
    gpu: str = ''
    gpu_bytes: int = 0
    bf16: bool = False

    def __str__(self) -> str:
        text = f'{self.cpus} CPU core' + 's' * (self.cpus != 1)
        if not self.gpus:
            return f'{text}, no GPU'
        free = self.gpu_bytes / 2**30
        return f'{text}, {self.gpus} x {self.gpu} ({free:.0f} GiB free)'


def inspect_machine() -> Machine:
    """Look at what this process may use."""
    cpus = usable_cpus()
    if not torch.cuda.is_available():
        return Machine(cpus)
    return Machine(
        cpus,
        gpus=torch.cuda.device_count(),
        gpu=torch.cuda.get_device_name(0),
        gpu_bytes=torch.cuda.mem_get_info(0)[0],
        bf16=torch.cuda.is_bf16_supported(),
    )


def usable_cpus(cgroup: Path = _CGROUP) -> int:
    """Return the cores that this process may use.

    The smaller of its affinity and what a container's quota allows: inside a
    container ``os.cpu_count()`` tells the cores of the whole machine.

    Args:
        cgroup: Where Linux mounts its control groups.
    """
    if hasattr(os, 'sched_getaffinity'):
        cpus = len(os.sched_getaffinity(0))
    else:
        cpus = os.cpu_count() or 1
    quota = cpu_quota(cgroup)
    if quota is not None:
        cpus = min(cpus, int(quota))
    return max(1, cpus)


def cpu_quota(cgroup: Path = _CGROUP) -> float | None:
    """Return the cores that a container's quota allows; None without one.

    Args:
        cgroup: Where Linux mounts its control groups, version 2 or 1.
    """
    try:
        quota, period = (cgroup / 'cpu.max').read_text().split()
    except (OSError, ValueError):
        folder = cgroup / 'cpu'
        try:
            quota = (folder / 'cpu.cfs_quota_us').read_text().strip()
            period = (folder / 'cpu.cfs_period_us').read_text().strip()
        except OSError:
            return None
    try:
        cores = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # 'max': no limit
        return None
    return cores if cores > 0 else None
