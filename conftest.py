"""Same conditions for every test: one thread, fixed seeds, no network.

What mmengine keeps in global registers (default scope, message hub, logger,
visualizer) is dropped after each test, so that none sees another's.
"""

from __future__ import annotations

# Set before torch, numpy and OpenCV are imported; child processes inherit it,
# and scripts that call "python" get this one.
import os
import sys

os.environ.update(
    PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ['PATH'],
    OMP_NUM_THREADS='1',
    MKL_NUM_THREADS='1',
    OPENBLAS_NUM_THREADS='1',
    MPLBACKEND='Agg',
    HF_HUB_OFFLINE='1',
)

import contextlib
import importlib
import importlib.util
import ipaddress
import logging
import random
import signal
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.utils import ManagerMixin

torch.set_num_threads(1)
cv2.setNumThreads(1)
# Shells let what they run in the background ignore Ctrl-C, and so would all
# commands that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent
# Classes made from mmdet's cannot be imported without it.
collect_ignore_glob = (
    []
    if importlib.util.find_spec('mmdet')
    else ['mmssl/downstream/detection/*']
)
LOCAL_NAMES = ('', 'localhost', 'localhost.localdomain')


def pytest_collect_file(file_path):
    """Import a module of the package by its name before pytest does.

    To run the examples of a single file, pytest imports its packages first
    and then the file once more, so that its classes register twice.
    """
    if ROOT / 'mmssl' in file_path.parents and file_path.suffix == '.py':
        parts = file_path.relative_to(ROOT).with_suffix('').parts
        with contextlib.suppress(Exception):  # pytest tells it better
            importlib.import_module('.'.join(parts))


class NetworkBlockedError(RuntimeError):
    """A test tried to reach another machine."""


def is_local(host: object) -> bool:
    """Whether an address is of this machine."""
    if host is None or host in LOCAL_NAMES or host == socket.gethostname():
        return True
    try:
        address = ipaddress.ip_address(str(host).split('%')[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _check(host: object) -> None:
    if not is_local(host):
        raise NetworkBlockedError(
            f'tests run without a network, this one wants {host!r}'
        )


@pytest.fixture(autouse=True, scope='session')
def no_network():
    """Let Python's sockets reach this machine only."""
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self, address, *args):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        return connect(self, address, *args)

    def guarded_lookup(host, *args, **kwargs):
        _check(host.decode() if isinstance(host, bytes) else host)
        return lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, 'connect', guarded_connect)
        patch.setattr(socket, 'getaddrinfo', guarded_lookup)
        yield


@pytest.fixture(autouse=True)
def fixed_seeds():
    """Start every test from the same random state."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def clean_mmengine():
    """Drop mmengine's global instances after each test."""
    yield
    for kind in _all_subclasses(ManagerMixin):
        for instance in kind._instance_dict.values():
            if isinstance(instance, logging.Logger):
                _close(instance)
        kind._instance_dict.clear()


def _all_subclasses(kind: type) -> set[type]:
    found = set(kind.__subclasses__())
    return found.union(*(_all_subclasses(sub) for sub in found))


def _close(logger: logging.Logger) -> None:
    """Close the log files that a runner has opened."""
    for handler in list(logger.handlers):
        if isinstance(handler, logging.FileHandler):
            logger.removeHandler(handler)
            handler.close()


@pytest.fixture(autouse=True)
def default_threads():
    """Undo what a test may have set."""
    yield
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.set_default_dtype(torch.float32)
