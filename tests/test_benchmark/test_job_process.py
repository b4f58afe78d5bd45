"""A job's process, its log, its end."""

import os
import signal
import sys
import time

import pytest

from mmssl.benchmark.job_process import (
    JobProcess,
    end_all,
    last_words,
    why_it_ended,
)


def python(code, log, **environment):
    return JobProcess([sys.executable, '-S', '-c', code], log, environment)


def test_process__log_environment_and_status(tmp_path):
    log = tmp_path / 'log.txt'
    log.write_text('before\n')
    code = (
        'import os, sys; print(os.environ["A"]); '
        'print("oh", file=sys.stderr); print(sys.stdin.read()); sys.exit(7)'
    )
    process = python(code, log, A='given')
    assert process.wait() == 7
    assert log.read_text().split() == ['before', 'given', 'oh']
    assert process.seconds > 0


def test_process__a_command_is_no_shell_text(tmp_path):
    log = tmp_path / 'log.txt'
    word = f'$(touch {tmp_path / "made"}); a b'
    code = 'import sys; print(sys.argv[1])'
    process = JobProcess([sys.executable, '-S', '-c', code, word], log, {})
    assert process.wait() == 0
    assert log.read_text() == f'{word}\n'
    assert not (tmp_path / 'made').exists()


@pytest.mark.parametrize(
    ('handler', 'expected'),
    [('', -signal.SIGTERM), ('signal.SIG_IGN', -signal.SIGKILL)],
)
def test_end_all__asks_and_then_kills(tmp_path, handler, expected):
    log = tmp_path / 'log.txt'
    deaf = f'signal.signal(15, {handler});' if handler else ''
    code = (
        f'import signal, sys, time;{deaf} print("up", flush=True); '
        'time.sleep(600)'
    )
    process = python(code, log)
    end = time.monotonic() + 20
    while 'up' not in log.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert process.poll() is None
    end_all([process], patience=0.3)
    assert process.poll() == expected


def test_end_all__of_ended_ones_is_nothing(tmp_path):
    process = python('pass', tmp_path / 'log.txt')
    process.wait()
    end_all([process], patience=5)
    process.send(signal.SIGTERM)  # to nobody
    assert process.poll() == 0


@pytest.mark.parametrize(
    ('status', 'text', 'expected'),
    [
        (2, '', 'it ended with status 2: it wrote nothing'),
        (1, 'a\nerror: b\nc\n', 'it ended with status 1: error: b'),
        (1, 'a\n\nc\n', 'it ended with status 1: c'),
        (-11, 'x', 'it ended with signal 11 (SIGSEGV): x'),
        (-9, 'x', 'killed, which a machine does that runs out of memory '),
    ],
)
def test_why_it_ended(tmp_path, status, text, expected):
    log = tmp_path / 'log.txt'
    log.write_text(text)
    assert why_it_ended(status, log).startswith(expected)


def test_last_words__of_no_log_and_of_a_long_one(tmp_path):
    assert last_words(tmp_path / 'none') == 'it wrote nothing'
    log = tmp_path / 'log.txt'
    log.write_bytes(b'\xff' * 50_000 + b'\nthe end\n')
    assert last_words(log) == 'the end'


@pytest.mark.skipif(sys.platform != 'linux', reason='a feature of Linux')
def test_process__ends_with_its_parent(tmp_path):
    """A killed benchmark leaves no training behind."""
    child = tmp_path / 'child'
    inner = (
        f'import os, time; open({str(child)!r}, "w").write(str(os.getpid()));'
        'time.sleep(600)'
    )
    here = str(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
    outer = (
        f'import sys, time; sys.path.insert(0, {here!r})\n'
        'import importlib.util, pathlib\n'
        'spec = importlib.util.spec_from_file_location("j", '
        f'{here + "/mmssl/benchmark/job_process.py"!r})\n'
        'j = importlib.util.module_from_spec(spec)\n'
        'spec.loader.exec_module(j)\n'
        f'j.JobProcess([sys.executable, "-S", "-c", {inner!r}], '
        f'pathlib.Path({str(tmp_path / "log")!r}), {{}})\n'
        'time.sleep(600)'
    )
    parent = python(outer, tmp_path / 'outer.txt')
    end = time.monotonic() + 20
    while not child.is_file() or not child.read_text():
        assert time.monotonic() < end, (tmp_path / 'outer.txt').read_text()
        time.sleep(0.02)
    os.kill(parent._process.pid, signal.SIGKILL)
    parent.wait()
    while _alive(int(child.read_text())):
        assert time.monotonic() < end
        time.sleep(0.02)


def _alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as stat:
            return stat.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False
