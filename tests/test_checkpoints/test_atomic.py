"""Full disks, kills and errors leave the old file or the new one."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from mmssl.checkpoints import atomic
from mmssl.checkpoints.atomic import (
    CheckpointWriteError,
    remove_leftovers,
    replaced_atomically,
    write_checkpoint,
    write_text_atomically,
)
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint

resource = pytest.importorskip('resource')

LIMIT = """
import resource, sys, torch
from mmssl.checkpoints.atomic import write_checkpoint
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    write_checkpoint({'a': torch.ones(1_000_000)}, sys.argv[1])
except OSError as error:
    sys.exit(f'{type(error).__name__}: {error}')
"""
ENDLESS = """
import sys, torch
from mmssl.checkpoints.atomic import write_checkpoint
print('ready', flush=True)
while True:
    write_checkpoint({'a': torch.full((3_000_000,), 2.0)}, sys.argv[1])
"""


def run(code, *args):
    return subprocess.run(
        [sys.executable, '-c', code, *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_checkpoint__arrives_bit_by_bit_with_usual_rights(tmp_path):
    want = {'a': torch.randn(1000), 'meta': dict(iter=3)}
    write_checkpoint(want, tmp_path / 'a.pth')
    got = load_checkpoint(tmp_path / 'a.pth')
    assert torch.equal(got['a'], want['a'])
    assert got['meta'] == {'iter': 3}
    (tmp_path / 'b').touch()
    rights = [(tmp_path / name).stat().st_mode for name in ('a.pth', 'b')]
    assert rights[0] == rights[1]
    assert sorted(os.listdir(tmp_path)) == ['a.pth', 'b']


@pytest.mark.slow
def test_full_disk__old_file_stays_reason_and_space_are_named(tmp_path):
    """A limit on the size of files fails where a full disk would."""
    file = tmp_path / 'a.pth'
    write_checkpoint({'a': torch.zeros(3)}, file)
    old = file.read_bytes()
    done = run(LIMIT, file)
    assert done.returncode == 1
    assert 'CheckpointWriteError: ' + str(file) in done.stderr
    assert os.strerror(errno.EFBIG) in done.stderr
    assert 'free space there: ' in done.stderr
    assert file.read_bytes() == old
    assert os.listdir(tmp_path) == ['a.pth']


def test_no_space__of_a_device(tmp_path, monkeypatch):
    """/dev/full answers every write with ENOSPC, as a full disk does."""
    if not os.path.exists('/dev/full'):
        pytest.skip('needs /dev/full')
    file = tmp_path / 'a.pth'
    write_checkpoint({'a': torch.zeros(3)}, file)
    old = file.read_bytes()
    real = atomic._Remembers

    def on_full_device(stream):
        return real(open('/dev/full', 'wb', buffering=0))

    monkeypatch.setattr(atomic, '_Remembers', on_full_device)
    with pytest.raises(CheckpointWriteError, match='No space left') as info:
        write_checkpoint({'a': torch.ones(100_000)}, file)
    assert info.value.errno == errno.ENOSPC
    assert isinstance(info.value, OSError)
    assert isinstance(info.value, CheckpointError)
    with pytest.raises(CheckpointWriteError, match='No space left'):
        write_text_atomically('x', file)
    assert file.read_bytes() == old
    assert os.listdir(tmp_path) == ['a.pth']


@pytest.mark.parametrize('error', [KeyboardInterrupt, ZeroDivisionError])
def test_other_errors__pass_and_leave_nothing(tmp_path, error):
    file = tmp_path / 'a'
    write_text_atomically('old', file)

    def fail():
        with replaced_atomically(file) as stream:
            stream.write(b'half')
            raise error

    with pytest.raises(error):
        fail()
    assert file.read_text() == 'old'
    assert os.listdir(tmp_path) == ['a']


def test_no_folder__is_named(tmp_path):
    with pytest.raises(CheckpointWriteError, match=r'gone/a\.pth could not'):
        write_checkpoint({}, tmp_path / 'gone' / 'a.pth')


def test_lost_bytes__are_noticed_before_the_old_file_goes(
    tmp_path, monkeypatch
):
    """A disk that says yes and keeps half of it."""
    file = tmp_path / 'a.pth'
    write_checkpoint({'a': torch.zeros(3)}, file)
    old = file.read_bytes()

    def half(checkpoint, stream):
        stream.write(old[: len(old) // 2])

    monkeypatch.setattr(atomic.torch, 'save', half)
    with pytest.raises(CheckpointWriteError, match='read back'):
        write_checkpoint({'a': torch.ones(3)}, file)
    assert file.read_bytes() == old
    assert os.listdir(tmp_path) == ['a.pth']


def kill_while_writing(process, folder):
    """Stop the process, look that a temporary file is there, and kill it."""
    while True:
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        sizes = [f.stat().st_size for f in folder.glob(f'.*{atomic._ENDING}')]
        if sizes:
            break
        process.send_signal(signal.SIGCONT)
        time.sleep(0.002)
    process.kill()
    process.wait()
    return sizes[0]


@pytest.mark.slow
def test_kill__while_writing_leaves_a_whole_file(tmp_path):
    file = tmp_path / 'a.pth'
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, '-c', ENDLESS, str(file)],
            stdout=subprocess.PIPE,
        ) as process:
            process.stdout.readline()
            while not file.exists():
                time.sleep(0.002)
            kill_while_writing(process, tmp_path)
        assert load_checkpoint(file)['a'][-1] == 2.0
        assert len(remove_leftovers(tmp_path)) == 1
        assert os.listdir(tmp_path) == ['a.pth']


def test_leftovers__of_dead_writers_only(tmp_path):
    dead = tmp_path / f'.a.pth.host-1{atomic._ENDING}'
    dead.write_bytes(b'half')
    other = tmp_path / '.hidden'
    other.touch()
    with replaced_atomically(tmp_path / 'b') as stream:
        stream.write(b'new')
        assert remove_leftovers(tmp_path) == [dead]
    assert sorted(os.listdir(tmp_path)) == ['.hidden', 'b']
    assert (tmp_path / 'b').read_bytes() == b'new'


def test_leftovers__without_locks_by_age(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, 'fcntl', None)
    old, new = (tmp_path / f'.{n}{atomic._ENDING}' for n in 'ab')
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    assert remove_leftovers(tmp_path) == [old]
    assert new.exists()
