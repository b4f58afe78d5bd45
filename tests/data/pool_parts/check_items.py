"""Items to check; some crash the process that looks at them."""

import os
import signal
import time

from mmssl.datasets.file_check import Finding, Part


class Items:
    """Items of two files; some are bad, crash the decoder or hang."""

    label = 'lines'
    chunk = 8

    def __init__(self, size, bad=(), crash=(), hang=(), mistake=()):
        self.size = size
        self.bad, self.crash, self.hang = bad, crash, hang
        self.mistake = mistake

    def __len__(self):
        return self.size

    def parts(self, item):
        return [Part('image', (f'{item}.a',)), Part('flow', (f'{item}.b',))]

    def source(self, item):
        return f'l.txt, line {item + 1}'

    def check(self, item, only=None):
        for part, name in enumerate('ab'):
            if only in (None, part):
                if (item, name) in self.crash:
                    os.kill(os.getpid(), signal.SIGKILL)
                if (item, name) in self.hang:
                    time.sleep(60)
        if item in self.mistake:
            raise KeyError('a mistake')
        if item in self.bad and only in (None, 0):
            return [
                Finding(item, f'{item}.a', 'image', 'bad', self.source(item))
            ]
        return []
