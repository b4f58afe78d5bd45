import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mmssl.apis import sweep_command
from mmssl.apis.sweep_command import (
    last_words,
    newest_checkpoint,
    run_command_logged,
)


def test_run__status_and_log(tmp_path):
    log = tmp_path / 'log'
    assert run_command_logged(['nonsense', '--a b'], log) == 1
    assert run_command_logged(['--version'], log) == 0
    lines = log.read_text().splitlines()
    assert lines[0] == '$ mmssl nonsense --a b'
    assert lines[1].startswith('error: mmssl has no command')
    assert '$ mmssl --version' in lines
    assert last_words(log) == lines[1]


def test_run__an_interrupted_command_is_ended(tmp_path, monkeypatch):
    """A sweep that is stopped leaves no training behind."""
    started = []
    make = subprocess.Popen

    def sleeper(words, **options):
        code = 'import time; time.sleep(60)'
        started.append(make([sys.executable, '-c', code], **options))
        return started[0]

    monkeypatch.setattr(sweep_command.subprocess, 'Popen', sleeper)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_command_logged(['train'], tmp_path / 'log')
    assert started[0].poll() == -signal.SIGTERM
    assert time.monotonic() - start < 30


def test_last_words__last_line_without_an_error(tmp_path):
    log = tmp_path / 'log'
    log.write_text('a\n  KeyError: 5\n\n')
    assert last_words(log) == 'KeyError: 5'
    log.write_text('')
    assert last_words(log) == 'it wrote nothing'


def test_newest_checkpoint__of_the_last_training(tmp_path):
    assert newest_checkpoint(tmp_path) is None
    for age, name in ((200, 'a'), (100, 'b')):
        folder = tmp_path / name
        folder.mkdir()
        (folder / 'epoch_1.pth').touch()
        pointer = folder / 'last_checkpoint'
        pointer.write_text('/somewhere/else/epoch_1.pth\n')  # was moved
        os.utime(pointer, (time.time() - age,) * 2)
    assert newest_checkpoint(tmp_path) == tmp_path / 'b/epoch_1.pth'
    (tmp_path / 'b/epoch_1.pth').unlink()
    assert newest_checkpoint(tmp_path) == tmp_path / 'a/epoch_1.pth'
