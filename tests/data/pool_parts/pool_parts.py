"""Handlers that a pool's processes import by name, forked or not."""

import os
import signal
import time


class Handler:
    """Doubles; dies or fails when told to."""

    def __call__(self, task):
        if task == 'die':
            os.kill(os.getpid(), signal.SIGKILL)
        if task == 'fail':
            raise ValueError('told to')
        if task == 'pid':
            return os.getpid()
        if task == 'sleep':
            time.sleep(60)
        return task * 2


def broken():
    raise ValueError('no handler today')
