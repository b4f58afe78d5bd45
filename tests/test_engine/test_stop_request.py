"""Real signals, to this process and to children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mmssl.engine import stop_request as module
from mmssl.engine.stop_request import (
    RunStopped,
    StopRequest,
    current_request,
    stop_request,
)

SECOND = """
import os, signal, sys, time
from mmssl.engine import stop_request as module
module._SAME = 0.2
with module.stop_request() as request:
    for number in (signal.SIGTERM, signal.SIGUSR1):
        os.kill(os.getpid(), number)  # a launcher sends it twice
    print(request.name, flush=True)
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGTERM)
    print('survived', flush=True)
"""


@pytest.mark.parametrize('number', module.SIGNALS)
def test_signal__is_noted_and_the_old_handler_comes_back(number):
    before = signal.getsignal(number)
    with stop_request() as request:
        assert not request
        assert current_request() is request
        os.kill(os.getpid(), number)
        assert request
        assert request.name == signal.Signals(number).name
        with stop_request() as inner:
            assert inner is request
        assert current_request() is request
    assert signal.getsignal(number) is before
    assert current_request() is None


def test_error__the_old_handler_comes_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), stop_request():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGTERM) is before


def test_other_threads__cannot_handle_signals():
    found = []

    def look():
        with stop_request() as request:
            found.append((bool(request), current_request()))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [(False, None)]


def test_second_signal__ends_the_process_at_once():
    done = subprocess.run(
        [sys.executable, '-c', SECOND],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == 'SIGTERM\n'
    assert done.returncode == -signal.SIGTERM


def test_child__that_inherits_the_handler_ignores_the_signal():
    with stop_request() as request:
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(3)
        # until it sleeps, its Python would not get to the handler
        time.sleep(0.1)
        os.kill(child, signal.SIGTERM)
        time.sleep(0.1)
        assert os.waitpid(child, os.WNOHANG) == (0, 0)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert not request


def test_run_stopped__is_an_exit_of_status_0():
    code = (
        'from mmssl.engine.stop_request import RunStopped\n'
        'raise RunStopped("saved")'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert str(RunStopped('saved')) == 'saved'


def test_request__starts_unset():
    assert not StopRequest()
