"""Runs of tools/train.py without the seconds that its imports take.

A process that reads one run per line as JSON, forks its processes from what
is imported already, waits for them, and writes their exit statuses. What is
killed is a process of its own, as if it had been started by itself.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import time
import traceback

import mmengine.runner  # noqa: F401
import mmpretrain.models  # noqa: F401
import torch
import torch.utils.data

import mmssl.datasets
import mmssl.engine.launch
import mmssl.evaluation
import mmssl.models
import mmssl.visualization  # noqa: F401

GRACE = 60.0  # s that a process may live on after another one has died


def run(order):
    """Start the processes of a run; return their exit statuses."""
    pids = [start(order, rank) for rank in range(order['processes'])]
    states = dict.fromkeys(pids)
    deadline = time.monotonic() + order.get('kill_after', order['timeout'])
    while None in states.values():
        for pid in [pid for pid, state in states.items() if state is None]:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                states[pid] = os.waitstatus_to_exitcode(status)
        failed = any(state not in (None, 0) for state in states.values())
        if failed or time.monotonic() > deadline:
            for pid, state in states.items():
                if state is None:
                    os.kill(pid, signal.SIGKILL)
                    states[pid] = os.waitstatus_to_exitcode(
                        os.waitpid(pid, 0)[1]
                    )
        time.sleep(0.005)
    return list(states.values())


def start(order, rank):
    """Fork one process of a run; return its number."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        log = os.open(order['log'], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(order['env'])
        if order['processes'] > 1:
            os.environ.update(
                RANK=str(rank),
                LOCAL_RANK=str(rank),
                WORLD_SIZE=str(order['processes']),
            )
        sys.argv = ['tools/train.py', *order['arguments']]
        runpy.run_path('tools/train.py', run_name='__main__')
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 0
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
            status = 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main():
    torch.set_num_threads(1)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == '__main__':
    main()
