"""Whole files; failing disks are asked again, folders are not."""

import errno
import os

import pytest

from mmssl.io import file_bytes
from mmssl.io.errors import DataFileError, MissingFileError
from mmssl.io.file_bytes import Retry, read_bytes


@pytest.mark.parametrize('size', [0, 1, 70_000])
def test_read__all_of_it(tmp_path, size):
    data = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / 'a').write_bytes(data[:size])
    assert read_bytes(tmp_path / 'a') == data[:size]


def test_read__more_than_the_file_system_says():
    """Files of the kernel state a size of 0."""
    if not os.path.exists('/proc/self/status'):
        pytest.skip('Linux only')
    assert b'VmRSS' in read_bytes('/proc/self/status')


def test_missing(tmp_path):
    with pytest.raises(MissingFileError, match=r'gone\.jpg: no such file'):
        read_bytes(tmp_path / 'gone.jpg')
    (tmp_path / 'file').write_bytes(b'')
    with pytest.raises(MissingFileError, match='no such file'):
        read_bytes(tmp_path / 'file' / 'below')


def test_folder_and_pipe__do_not_block(tmp_path):
    with pytest.raises(DataFileError, match='a folder, not a file'):
        read_bytes(tmp_path)
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(DataFileError, match='a device, not a file'):
        read_bytes(tmp_path / 'pipe')


def test_name_that_is_none():
    with pytest.raises(DataFileError, match='no file name'):
        read_bytes('a\0b.jpg')
    with pytest.raises(DataFileError, match='cannot be read'):
        read_bytes('a' * 5000)


def test_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(file_bytes, 'MAX_FILE_BYTES', 10)
    (tmp_path / 'a').write_bytes(bytes(11))
    with pytest.raises(DataFileError, match='11 bytes, more than 10 are not'):
        read_bytes(tmp_path / 'a')


class Disk:
    """Fails so many times, then reads."""

    def __init__(self, code, times):
        self.code, self.times, self.asked = code, times, 0

    def __call__(self, path):
        self.asked += 1
        if self.asked <= self.times:
            raise OSError(self.code, os.strerror(self.code), path)
        return b'there'


@pytest.mark.parametrize('code', [errno.EIO, errno.ESTALE, errno.ETIMEDOUT])
def test_transient__is_asked_again_with_longer_waits(monkeypatch, code):
    disk, waits = Disk(code, 3), []
    monkeypatch.setattr(file_bytes, '_read', disk)
    assert read_bytes('a', Retry(3, 0.5), sleep=waits.append) == b'there'
    assert waits == [0.5, 1.0, 2.0]


def test_transient__not_for_ever(monkeypatch):
    disk, waits = Disk(errno.EIO, 99), []
    monkeypatch.setattr(file_bytes, '_read', disk)
    match = r'a: cannot be read \(Input/output error, tried 3 times\)'
    with pytest.raises(DataFileError, match=match):
        read_bytes('a', Retry(2, 0.5), sleep=waits.append)
    assert disk.asked == 3


def test_permanent__is_asked_once(monkeypatch):
    disk = Disk(errno.EACCES, 99)
    monkeypatch.setattr(file_bytes, '_read', disk)
    with pytest.raises(DataFileError, match=r'\(Permission denied\)'):
        read_bytes('a', sleep=None)
    assert disk.asked == 1
