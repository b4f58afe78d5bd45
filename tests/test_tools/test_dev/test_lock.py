import subprocess
from types import SimpleNamespace

import pytest

HEAD = '# why\n# by a script\n'


@pytest.fixture
def lock(dev, tmp_path, monkeypatch):
    module = dev('lock')
    (tmp_path / 'tests.txt').write_text('ruff==1.0\npytest>=8\n')
    (tmp_path / 'constraints.txt').write_text(
        '# reason\ntorch==2.11.0; python_version >= "3.10"\nopencv_python<5\n'
    )
    (tmp_path / 'locked.txt').write_text(HEAD + 'gone==1\npytest==8.0\n')
    for name in ('constraints', 'locked'):
        monkeypatch.setattr(module, name.upper(), tmp_path / f'{name}.txt')
    monkeypatch.setattr(module, 'REQUIREMENTS', tmp_path)
    return module


def test_lock__rewrites_all_but_the_head(lock, monkeypatch):
    frozen = (
        'mmssl @ file:///x\nnumpy==1.26.4\nnvidia-nccl-cu13==2\n'
        'opencv-python==4.11\npytest==9.2.0\nruff==1.0\ntorch==2.11.0\n'
        'triton==3.6.0\n'
    )
    monkeypatch.setattr(
        subprocess, 'run', lambda *a, **k: SimpleNamespace(stdout=frozen)
    )
    lock.write_lock(SimpleNamespace(python='python'))
    assert lock.LOCKED.read_text() == HEAD + (
        'numpy==1.26.4; python_version == "3.11"\n'
        'pytest==9.2.0; python_version == "3.11"\n'
    )
