import functools
import os
import signal
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmssl.flow.handler import ExtractionHandler, ProbeTask
from mmssl.flow.settings import ExtractionSettings
from mmssl.flow.workers import InlinePool, WorkerPool
from mmssl.io.video_sources import find_sources
from mmssl.testing.videos import moving_frames, write_frame_folder

# On the path, so that processes that are not forked find it, too.
PARTS = Path(__file__).parents[1] / 'data' / 'pool_parts'
sys.path.insert(0, str(PARTS))
from pool_parts import Handler, broken  # noqa: E402


def ask(pool, worker, task):
    pool.send(worker, task)
    (reply,) = pool.wait()
    return reply


def test_inline__same_interface_in_this_process():
    with InlinePool(Handler) as pool:
        assert pool.workers == (0,)
        assert ask(pool, 0, 4) == (0, 'done', 8, False)
        assert ask(pool, 0, 'pid').value == os.getpid()
        assert ask(pool, 0, 'fail').kind == 'failed'
        assert cv2.getNumThreads() == 1


def test_inline__gives_the_threads_back():
    cv2.setNumThreads(2)
    with InlinePool(Handler):
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == 2


def test_pool__task_that_takes_too_long_ends_with_its_process():
    with WorkerPool(Handler, 2, time_limit_s=0.5) as pool:
        pool.send(0, 'sleep')
        pool.send(1, 4)
        replies = []
        while len(replies) < 2:
            replies += pool.wait()
        assert sorted(replies) == [
            (0, 'died', 'not done after 0.5 s', False),
            (1, 'done', 8, False),
        ]
        assert ask(pool, 0, 5).value == 10


def test_pool__starts_where_opencv_has_threads():
    """A child that inherits OpenCV's pool hangs in setNumThreads."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(4)
    try:
        image = np.zeros((2000, 2000, 3), np.uint8)
        for _ in range(3):
            cv2.GaussianBlur(image, (0, 0), 3)
            with WorkerPool(Handler, 2) as pool:
                assert ask(pool, 1, 4).value == 8
            assert cv2.getNumThreads() == 4
    finally:
        cv2.setNumThreads(before)


def test_pool__tasks_go_to_other_processes():
    with WorkerPool(Handler, 2) as pool:
        pids = {ask(pool, worker, 'pid').value for worker in pool.workers}
        assert len(pids) == 2
        assert os.getpid() not in pids
        assert ask(pool, 1, 21) == (1, 'done', 42, False)


def test_pool__a_process_that_dies_is_reported_and_replaced():
    with WorkerPool(Handler, 1) as pool:
        before = ask(pool, 0, 'pid').value
        reply = ask(pool, 0, 'die')
        assert (reply.worker, reply.kind) == (0, 'died')
        assert '-9' in reply.value
        assert ask(pool, 0, 3).value == 6
        assert ask(pool, 0, 'pid').value != before


def test_pool__a_process_that_dies_while_idle():
    with WorkerPool(Handler, 1) as pool:
        os.kill(ask(pool, 0, 'pid').value, signal.SIGKILL)
        pool._processes[0].join()
        assert ask(pool, 0, 3).kind == 'died'
        assert ask(pool, 0, 3).value == 6


def test_pool__a_handler_that_cannot_be_made_is_one_clear_error():
    with pytest.raises(OSError, match='cannot start: ValueError: no handler'):
        WorkerPool(broken, 2).__enter__()


def test_pool__ctrl_c_reaches_the_parent_only():
    with WorkerPool(Handler, 1) as pool:
        os.kill(ask(pool, 0, 'pid').value, signal.SIGINT)
        assert ask(pool, 0, 3).value == 6


def test_pool__leaving_ends_busy_workers():
    with WorkerPool(Handler, 1) as pool:
        process = pool._processes[0]
        pool.send(0, 'sleep')
    assert not process.is_alive()


@pytest.mark.slow
def test_pool__spawned_processes(tmp_path):
    frames = moving_frames(3, 32, 40, np.random.default_rng(0))
    write_frame_folder(tmp_path, frames)
    (source,), _ = find_sources(tmp_path)
    make = functools.partial(ExtractionHandler, ExtractionSettings())
    with WorkerPool(make, 1, spawn=True) as pool:
        assert ask(pool, 0, ProbeTask(0, source)).value.frames == 3
