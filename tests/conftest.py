"""Settings of all tests."""

import ctypes
import gc
import os

import pytest

_LARGE = 1 << 30  # bytes


def _resident():
    """Return the memory of this process, 0 where the system does not say."""
    try:
        with open('/proc/self/statm', encoding='ascii') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except OSError:
        return 0


def _free():
    """Give the memory of networks back that nothing uses any more.

    A network holds itself by its hooks, and Python looks for such cycles
    when objects are many, not when they are large. What it frees, glibc
    keeps, unless it is told to return it.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)


@pytest.fixture(scope='session')
def needed():
    """Return a list of one number: the memory after it was freed last."""
    return [_resident()]


@pytest.fixture(autouse=True)
def freed_networks(needed):
    """Free memory after tests that have taken a gigabyte."""
    yield
    if _resident() > needed[0] + _LARGE:
        _free()
        needed[0] = _resident()
