"""The inside of a worker process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import traceback
from multiprocessing import connection
from typing import Any, Callable

import cv2

# Seconds after which a waiting worker looks whether its parent still lives.
_HEARTBEAT = 1.0

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 1 << 30

MakeHandler = Callable[[], Callable[[Any], Any]]


def work(
    pipe: connection.Connection, make_handler: MakeHandler, parent: int
) -> None:
    """Do tasks until the parent is gone; the main function of a worker.

    The first message sent is '' once the handler is there, else what went
    wrong; then one :func:`attempt` for each task received.

    Args:
        pipe: To the parent.
        make_handler: Makes the callable that does tasks.
        parent: Process id of the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        _calm_libraries()
        handler = make_handler()
        if 'torch' in sys.modules:  # it came with the handler
            sys.modules['torch'].set_num_threads(1)
    except Exception as error:
        pipe.send(f'{type(error).__name__}: {error}')
        return
    pipe.send('')
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            while not pipe.poll(_HEARTBEAT):
                if os.getppid() != parent:
                    return
            reply = attempt(handler, pipe.recv())
            if os.getppid() != parent:
                return
            pipe.send(reply)


def _calm_libraries() -> None:
    """One thread each, and no messages about damaged videos."""
    cv2.setNumThreads(1)
    _keep_memory()
    # They are named in the summary.
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    # OpenCV moved this function between its versions.
    logging = getattr(cv2.utils, 'logging', cv2)
    if hasattr(logging, 'setLogLevel'):
        logging.setLogLevel(0)  # silent


def _keep_memory() -> None:
    """Tell glibc not to hand freed frames back to the system.

    Each frame and flow would be mapped and cleared anew: 1,400 page faults
    per pair of 1280x720 frames, 5 % of the time; now there are none.
    """
    if sys.platform == 'linux':
        mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
        if mallopt is not None:
            mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
            mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)


def attempt(handler: Callable[[Any], Any], task: Any) -> tuple[str, Any, bool]:
    """Do one task, and catch what goes wrong.

    Args:
        handler: Does tasks.
        task: Its argument.

    Returns:
        'done', the result, False; or 'failed', the error in words, and
        whether it is one of the machine (a full disk) instead of the task.

    Example:
        >>> attempt(int, '7'), attempt(len, 7)[0]
        (('done', 7, False), 'failed')
    """
    try:
        return 'done', handler(task), False
    except OSError as error:
        return 'failed', str(error), True
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f'{type(error).__name__}: {error}'
        return 'failed', f'{text} ({place.name}:{place.lineno})', False
