"""Peak memory of a device, or of the process on the CPU."""

from __future__ import annotations

import sys

import torch

MIB = 2**20


def reset_peak(device: torch.device) -> None:
    """Begin a new peak, where the device can."""
    if device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)


def peak_mib(device: torch.device) -> float:
    """Return the peak in MiB.

    Args:
        device: A GPU: what its allocator had given out at most. The CPU: the
            process's largest resident memory since its start; 0 where the
            system does not tell.

    Example:
        >>> peak_mib(torch.device('cpu')) >= 0
        True
    """
    if device.type == 'cuda':
        return torch.cuda.max_memory_allocated(device) / MIB
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 if sys.platform == 'darwin' else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB
