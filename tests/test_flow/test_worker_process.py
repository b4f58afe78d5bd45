import multiprocessing
import os
import signal
import threading

import cv2
import pytest

from mmssl.flow.worker_process import attempt, work


class Handler:
    """Adds one; fails in several ways."""

    def __call__(self, task):
        if task == 'disk':
            raise OSError('No space left on device')
        if task == 'broken':
            raise ValueError('this video is odd')
        if task == 'threads':
            return cv2.getNumThreads()
        return task + 1


def test_attempt__kinds():
    assert attempt(Handler(), 1) == ('done', 2, False)
    assert attempt(Handler(), 'disk') == (
        'failed', 'No space left on device', True
    )  # fmt: skip
    kind, text, fatal = attempt(Handler(), 'broken')
    assert (kind, fatal) == ('failed', False)
    assert text.startswith('ValueError: this video is odd (__call__:')


@pytest.fixture
def signals():
    """The signal handlers that a worker sets are not those of the tests."""
    kept = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def converse(tasks, make=Handler):
    """Let `work` run in this thread against a scripted parent."""
    ours, theirs = multiprocessing.Pipe()
    got = []

    def parent():
        got.append(ours.recv())
        for task in tasks:
            ours.send(task)
            got.append(ours.recv())
        ours.close()

    thread = threading.Thread(target=parent)
    thread.start()
    work(theirs, make, os.getppid())
    thread.join()
    return got


def test_work__says_ready_then_answers_until_the_parent_hangs_up(signals):
    got = converse([1, 'broken', 5, 'threads'])
    assert got[0] == ''
    assert [reply[0] for reply in got[1:]] == [
        'done', 'failed', 'done', 'done'
    ]  # fmt: skip
    assert got[3][1] == 6
    assert got[4][1] == 1
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_work__says_why_it_cannot_start(signals):
    def fail():
        raise ImportError('no such method here')

    assert converse([], make=fail) == ['ImportError: no such method here']


def test_work__ends_when_the_parent_is_another(signals, monkeypatch):
    """A killed parent hands its children to the init process."""
    monkeypatch.setattr('mmssl.flow.worker_process._HEARTBEAT', 0.01)
    ours, theirs = multiprocessing.Pipe()
    work(theirs, Handler, parent=-1)
    assert ours.recv() == ''
