import importlib
import sys

import pytest

from mmssl.utils.optional import EXTRAS, NOTES, require


def test_require__there():
    assert require('json', 'a test') is sys.modules['json']


def test_require__submodule():
    assert require('os.path', 'a test') is sys.modules['os.path']


@pytest.mark.parametrize(
    ('module', 'remedy'),
    [
        ('matplotlib', r'pip install "mmssl\[plots\]"$'),
        ('safetensors.torch', r'pip install "mmssl\[export\]"$'),
        ('mmdet', r'pip install "mmssl\[det\]"; mmcv has to be compiled'),
        ('mmdet.apis', r'pip install "mmssl\[det\]"; mmcv has to be compiled'),
        ('mmcv.ops', r'pip install "mmssl\[det\]"; mmcv has to be compiled'),
        ('mmpose', r'mmssl\[pose\]" and pip install --no-deps mmpose'),
        ('no_such_module', r'pip install no_such_module$'),
        ('no_such.module', r'pip install no_such$'),
    ],
)
def test_require__missing(monkeypatch, module, remedy):
    def refuse(name):
        raise ModuleNotFoundError(f'No module named {name!r}', name=name)

    monkeypatch.setattr(importlib, 'import_module', refuse)
    with pytest.raises(ImportError, match=remedy) as caught:
        require(module, 'drawing curves')
    message = str(caught.value)
    assert message.startswith(f'drawing curves needs {module}, which could')
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_require__broken_module_keeps_the_cause(monkeypatch):
    def broken(name):
        raise ImportError('libGL.so.1: cannot open shared object file')

    monkeypatch.setattr(importlib, 'import_module', broken)
    with pytest.raises(ImportError, match=r'libGL\.so\.1'):
        require('matplotlib', 'drawing curves')


def test_tables__notes_belong_to_extras():
    assert set(NOTES) <= set(EXTRAS)
