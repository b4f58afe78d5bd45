"""The digest changes with what decides the bytes, and with nothing else."""

import shutil
from pathlib import Path

import cv2
import pytest

from mmssl.worlds import program
from mmssl.worlds.program import program_digest


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The digest looks at a copy of two files."""
    folder = Path(program.__file__).parent
    for name in ('program.py', 'puppets/camera.py'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder / name, tmp_path / name)
    monkeypatch.setattr(program, '__file__', str(tmp_path / 'program.py'))
    return tmp_path


def test_program_digest__of_code_and_libraries(copied, monkeypatch):
    first = program_digest()
    assert program_digest() == first
    (copied / 'notes.txt').write_text('no code')
    assert program_digest() == first
    camera = copied / 'puppets' / 'camera.py'
    text = camera.read_text()
    camera.write_text(text + '# changed')
    second = program_digest()
    camera.write_text(text)
    assert program_digest() == first
    monkeypatch.setattr(cv2, '__version__', '0.0')
    assert len({first, second, program_digest()}) == 3
