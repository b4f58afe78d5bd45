import fcntl

import pytest

from mmssl.flow.output_lock import OutputLock


def test_lock__makes_the_folders(tmp_path):
    with OutputLock(str(tmp_path / 'a' / 'out')):
        assert (tmp_path / 'a' / 'out' / 'pairs').is_dir()
        assert (tmp_path / 'a' / 'out' / 'done').is_dir()


def test_lock__second_holder_is_refused_until_the_first_is_gone(tmp_path):
    with OutputLock(str(tmp_path)):
        with pytest.raises(OSError, match='another extraction is writing'):
            OutputLock(str(tmp_path), patience=0.15).__enter__()
    with OutputLock(str(tmp_path), patience=0):
        pass


def test_lock__folder_that_cannot_be_made(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match=r'cannot write to .*file.*out'):
        OutputLock(str(tmp_path / 'file' / 'out')).__enter__()


def test_lock__file_systems_without_locks_are_used_without(
    tmp_path, monkeypatch
):
    def refuse(*args):
        raise OSError(95, 'Operation not supported')

    monkeypatch.setattr(fcntl, 'flock', refuse)
    with OutputLock(str(tmp_path), patience=0):
        pass
