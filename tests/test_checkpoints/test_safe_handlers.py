"""Plain YAML and pickles are read as before; programs are not run."""

from __future__ import annotations

import os

import mmengine
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.fileio.handlers import registry_utils

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_handlers import install_safe_handlers
from mmssl.checkpoints.safe_load import install_safe_loader


@pytest.fixture(autouse=True)
def handlers(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        registry_utils, 'file_handlers', dict(registry_utils.file_handlers)
    )
    monkeypatch.setattr(
        mmengine.fileio.io,
        'file_handlers',
        registry_utils.file_handlers,
        raising=False,
    )
    install_safe_handlers()
    yield
    assert not os.path.exists('marker')


class Program:
    def __reduce__(self):
        return os.mkdir, ('marker',)


PLAIN = dict(a=[1, 2.5, None, 'x'], b=(1, (2, 3)), c={'d': True})


@pytest.mark.parametrize('ending', ['yaml', 'yml', 'pkl', 'pickle', 'json'])
def test_plain_values__come_back(ending):
    mmengine.dump(PLAIN, f'a.{ending}')
    want = dict(PLAIN, b=[1, [2, 3]]) if ending == 'json' else PLAIN
    assert mmengine.load(f'a.{ending}') == want


def test_arrays__in_pickles():
    """Annotation files hold them."""
    mmengine.dump(dict(boxes=np.eye(3)), 'a.pkl')
    np.testing.assert_array_equal(mmengine.load('a.pkl')['boxes'], np.eye(3))


@pytest.mark.parametrize('ending', ['pkl', 'pickle'])
def test_pickles__that_are_programs_are_refused(ending):
    mmengine.dump(dict(images=[Program()]), f'a.{ending}')
    with pytest.raises(CheckpointError, match=r'asks for posix\.mkdir'):
        mmengine.load(f'a.{ending}')


@pytest.mark.parametrize(
    'tag', ['object/apply:os.mkdir [marker]', 'name:os.mkdir ""']
)
def test_yaml__that_is_a_program_is_refused(tag):
    with open('a.yaml', 'w') as file:
        file.write(f'model: !!python/{tag}\n')
    with pytest.raises(CheckpointError, match='was refused'):
        Config.fromfile('a.yaml')
    with pytest.raises(CheckpointError, match='was refused'):
        mmengine.load('a.yaml')


def test_config__in_yaml():
    with open('a.yaml', 'w') as file:
        file.write('model:\n  type: CMP\n  widths: [1, 2]\n')
    assert Config.fromfile('a.yaml').model.widths == [1, 2]


def test_install__with_the_loader_of_checkpoints(monkeypatch):
    found = registry_utils.file_handlers
    found.clear()
    install_safe_loader()
    assert set(found) == {'yaml', 'yml', 'pkl', 'pickle'}
