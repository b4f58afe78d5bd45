"""Running a file is possible in one place, by name, and loudly."""

from __future__ import annotations

import os

import pytest
import torch

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.trusted import load_trusted


class Program:
    def __reduce__(self):
        return os.mkdir, ('made',)


def test_trusted__runs_the_file_after_a_warning(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    torch.save({'a': torch.ones(2), 'b': Program()}, 'a.pth')
    assert load_trusted('a.pth')['a'].tolist() == [1, 1]
    assert os.path.isdir('made')
    shown = capsys.readouterr().err
    assert 'a.pth is read as a program, and everything it says is run' in shown


def test_trusted__a_broken_or_missing_file(tmp_path):
    (tmp_path / 'a.pth').write_bytes(b'half')
    with pytest.raises(CheckpointError, match=r'a\.pth could not be read'):
        load_trusted(tmp_path / 'a.pth')
    with pytest.raises(FileNotFoundError, match=r'gone\.pth'):
        load_trusted(tmp_path / 'gone.pth')
