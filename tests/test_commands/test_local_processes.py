"""Real processes of small programs; the oracle is what they write."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmssl.commands import local_processes
from mmssl.commands.local_processes import (
    free_port,
    group_environment,
    run_processes,
)

ROOT = Path(__file__).resolve().parents[2]
# Notes the signals it gets, and ends well after the first.
PATIENT = """
import os, pathlib, signal, sys, time
rank = os.environ['RANK']
def stop(number, frame):
    pathlib.Path(f'got_{rank}').write_text(signal.Signals(number).name)
    sys.exit(0)
for name in ('SIGTERM', 'SIGUSR1', 'SIGINT'):
    signal.signal(getattr(signal, name), stop)
pathlib.Path(f'up_{rank}').write_text(str(os.getpid()))
time.sleep(60)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('OMP_NUM_THREADS')
    return tmp_path


def wait_for(*paths, seconds=30):
    end = time.monotonic() + seconds
    while not all(path.exists() and path.read_text() for path in paths):
        assert time.monotonic() < end, f'waited in vain for {paths}'
        time.sleep(0.02)


def is_running(pid):
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rsplit(')')[1].split()[0]
    except FileNotFoundError:
        return False
    return state != 'Z'


def test_environment__ranks_of_one_group(here):
    code = (
        'import json, os; e = os.environ; '
        'open(f"rank_{e["RANK"]}", "w").write(json.dumps({k: e[k] for k in '
        '("LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", '
        '"MASTER_PORT", "OMP_NUM_THREADS")}))'
    ).replace('e["RANK"]', "e['RANK']")
    assert run_processes([sys.executable, '-c', code], 3) == 0
    seen = [json.loads((here / f'rank_{n}').read_text()) for n in range(3)]
    assert [one.pop('LOCAL_RANK') for one in seen] == ['0', '1', '2']
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]['WORLD_SIZE'] == seen[0]['LOCAL_WORLD_SIZE'] == '3'
    assert seen[0]['MASTER_ADDR'] == '127.0.0.1'
    threads = max(1, len(os.sched_getaffinity(0)) // 3)
    assert seen[0]['OMP_NUM_THREADS'] == str(threads)


def test_environment__given_threads_stay(monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '7')
    assert group_environment(4)['OMP_NUM_THREADS'] == '7'


def test_free_port__can_be_bound():
    import socket

    with socket.socket() as server:
        server.bind(('127.0.0.1', free_port()))


def test_failure__ends_the_others_and_gives_its_status(here):
    code = PATIENT + '\n'
    code = code.replace(
        'time.sleep(60)',
        'if rank == "1":\n'
        '    while not pathlib.Path("up_0").exists(): time.sleep(0.02)\n'
        '    sys.exit(3)\n'
        'time.sleep(60)',
    )
    assert run_processes([sys.executable, '-c', code], 2) == 3
    assert (here / 'got_0').read_text() == 'SIGTERM'
    assert not (here / 'got_1').exists()


def test_failure__deaf_processes_are_killed(here, monkeypatch):
    monkeypatch.setattr(local_processes, 'GRACE_S', 0.3)
    code = (
        'import os, pathlib, signal, sys, time\n'
        'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
        'up = pathlib.Path("up")\n'
        'if os.environ["RANK"] == "0":\n'
        '    up.write_text(str(os.getpid()))\n'
        '    time.sleep(60)\n'
        'while not (up.exists() and up.read_text()): time.sleep(0.02)\n'
        'os.kill(os.getpid(), signal.SIGKILL)\n'
    )
    assert run_processes([sys.executable, '-c', code], 2) == 128 + 9
    assert not is_running(int((here / 'up').read_text()))


def start(folder):
    """Start the launcher itself as a program."""
    code = (
        'import sys; '
        'from mmssl.commands.local_processes import run_processes; '
        f'sys.exit(run_processes([sys.executable, "-c", {PATIENT!r}], 2))'
    )
    process = subprocess.Popen(
        [sys.executable, '-c', code],
        cwd=folder,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )
    wait_for(folder / 'up_0', folder / 'up_1')
    return process


@pytest.mark.parametrize('name', ['SIGTERM', 'SIGUSR1', 'SIGINT'])
def test_signals__are_passed_on_and_the_status_is_that_of_the_end(here, name):
    process = start(here)
    process.send_signal(getattr(signal, name))
    assert process.wait(30) == 0
    assert (here / 'got_0').read_text() == (here / 'got_1').read_text() == name


@pytest.mark.skipif(sys.platform != 'linux', reason='asks Linux for it')
def test_killed__no_process_stays(here):
    process = start(here)
    pids = [int((here / f'up_{rank}').read_text()) for rank in range(2)]
    process.kill()
    process.wait(30)
    wait_for(here / 'got_0', here / 'got_1')
    end = time.monotonic() + 30
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert (here / 'got_0').read_text() == 'SIGTERM'


@pytest.mark.slow
def test_group__of_torch_adds_over_all_processes(here):
    code = (
        'import torch, os\n'
        'from torch import distributed as d\n'
        'd.init_process_group("gloo")\n'
        'x = torch.tensor(10.0 ** d.get_rank())\n'
        'd.all_reduce(x)\n'
        'open(f"sum_{d.get_rank()}", "w").write(str(x.item()))\n'
        'd.destroy_process_group()\n'
    )
    assert run_processes([sys.executable, '-c', code], 3) == 0
    assert {p.read_text() for p in here.glob('sum_*')} == {'111.0'}
