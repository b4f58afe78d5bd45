"""Jobs on slots."""

import os
import signal
import sys
import time

import pytest

from mmssl.benchmark.job_process import JobProcess
from mmssl.benchmark.pool import Slot, Stopped, run_pool


@pytest.fixture
def start(tmp_path):
    """Return a starter of python code; it notes what runs at once."""

    def starter(code, slot):
        starter.on.append((code, slot.name))
        starter.times.append(time.monotonic())
        words = [sys.executable, '-S', '-c', code]
        return JobProcess(words, tmp_path / 'log.txt', slot.environment)

    starter.on, starter.times = [], []
    return starter


def test_pool__all_jobs_in_order_with_their_status(start):
    ended = []
    jobs = [f'import sys; sys.exit({n})' for n in (0, 3, 5)]
    run_pool(
        jobs, [Slot('a')], start, lambda *told: ended.append(told), grace=1
    )
    assert [(job, status) for job, status, _ in ended] == [
        *zip(jobs, (0, 3, 5))
    ]
    assert [slot for _, slot in start.on] == ['a'] * 3
    assert all(seconds > 0 for _, _, seconds in ended)


def test_pool__slots_are_used_at_once_and_again(start, tmp_path):
    """Two wait for each other's file: alone, neither would end."""
    code = (
        'import pathlib, time\n'
        "d = pathlib.Path({folder!r}); (d / '{me}').touch()\n"
        "while not (d / '{other}').exists(): time.sleep(0.01)"
    )
    folder = str(tmp_path)
    jobs = [
        code.format(folder=folder, me=me, other=other)
        for me, other in (('1', '2'), ('2', '1'), ('3', '1'))
    ]
    ended = []
    run_pool(
        jobs,
        [Slot('a'), Slot('b')],
        start,
        lambda *told: ended.append(told),
    )
    assert [status for _, status, _ in ended] == [0, 0, 0]
    assert sorted(slot for _, slot in start.on[:2]) == ['a', 'b']


@pytest.mark.parametrize(
    'number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
)
def test_pool__a_signal_ends_what_runs_and_starts_nothing(start, number):
    """The first job sends the signal to the pool itself."""
    before = signal.getsignal(number)
    jobs = [
        f'import os, time; os.kill({os.getpid()}, {int(number)}); '
        'time.sleep(600)',
        'pass',
    ]
    ended = []
    begin = time.monotonic()
    with pytest.raises(Stopped, match=signal.Signals(number).name) as stop:
        run_pool(
            jobs, [Slot('a')], start, lambda *told: ended.append(told), grace=5
        )
    assert stop.value.number == number
    assert time.monotonic() - begin < 60
    assert len(start.on) == 1
    assert ended == []
    assert signal.getsignal(number) == before


def test_pool__an_error_of_ours_leaves_no_process(start, tmp_path):
    pids = []

    def starter(code, slot):
        if pids:
            raise OSError('the disk is full')
        process = start(code, slot)
        pids.append(process._process.pid)
        return process

    with pytest.raises(OSError, match='full'):
        run_pool(
            ['import time; time.sleep(600)'] * 2,
            [Slot('a'), Slot('b')],
            starter,
            lambda *_: None,
            grace=1,
        )
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_pool__nothing_to_do_and_no_slot(start):
    run_pool([], [Slot('a')], start, lambda *_: None)
    with pytest.raises(ValueError, match='at least one slot'):
        run_pool(['pass'], [], start, lambda *_: None)
