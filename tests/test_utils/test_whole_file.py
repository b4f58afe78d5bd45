import os

import pytest

from mmssl.utils.whole_file import written_whole


def test_written_whole__replaces_at_the_end(tmp_path):
    target = tmp_path / 'list.tar.gz'
    target.write_bytes(b'old')
    with written_whole(target) as partial:
        assert partial.suffix == '.gz'
        partial.write_bytes(b'new')
        assert target.read_bytes() == b'old'
    assert target.read_bytes() == b'new'
    assert os.listdir(tmp_path) == [target.name]


def test_written_whole__an_error_leaves_the_old_file(tmp_path):
    target = tmp_path / 'a.txt'
    target.write_text('old')

    def broken(partial):
        partial.write_text('half')
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), written_whole(target) as partial:
        broken(partial)
    assert target.read_text() == 'old'
    assert os.listdir(tmp_path) == ['a.txt']


def test_written_whole__nothing_written(tmp_path):
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / 'a'):
        pass
    assert os.listdir(tmp_path) == []
