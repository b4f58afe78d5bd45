"""What a measurement was made on."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path
from typing import Any

import cv2
import mmengine
import numpy as np
import torch

from mmssl.flow.extraction import available_cores
from mmssl.version import __version__


def machine() -> dict[str, Any]:
    """Return processor, cores, GPU and threads.

    Example:
        >>> sorted(machine())
        ['cores', 'gpu', 'processor', 'system', 'threads']
    """
    gpu = None
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_name()
    return dict(
        processor=_processor(),
        cores=available_cores(),
        gpu=gpu,
        threads=torch.get_num_threads(),
        system=f'{platform.system()} {platform.machine()}',
    )


def versions() -> dict[str, str]:
    """Return the versions of what the speed depends on."""
    return dict(
        mmssl=__version__,
        python=platform.python_version(),
        torch=torch.__version__,
        cuda=str(torch.version.cuda or ''),
        mmengine=mmengine.__version__,
        numpy=np.__version__,
        opencv=cv2.__version__,
    )


def now() -> str:
    """Return the date and time of the day, UTC, to the second."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    return moment.isoformat(timespec='seconds')


def _processor() -> str:
    """Return the processor's name (Linux tells it in a file)."""
    info = Path('/proc/cpuinfo')
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.processor() or platform.machine()
