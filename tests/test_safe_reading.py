"""No code reads files of users in a way that could run them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    path
    for folder in ('mmssl', 'tools', 'configs')
    for path in (ROOT / folder).rglob('*.py')
    if '.mim' not in path.parts
)
# Calls that run, or can run, what a file or a text says.
FORBIDDEN = {
    *('eval', 'exec', 'compile', '__import__'),
    *('os.system', 'os.popen', 'torch.load', 'torch.hub.load'),
    *('torch.hub.load_state_dict_from_url', 'torch.jit.load'),
    *('pickle.load', 'pickle.loads', 'pickle.Unpickler'),
    *('marshal.load', 'marshal.loads', 'shelve.open', 'dill.load'),
    *(
        'joblib.load',
        'cloudpickle.load',
        'runpy.run_path',
        'Config.fromstring',
    ),
    *('yaml.load', 'yaml.full_load', 'yaml.unsafe_load', 'yaml.load_all'),
}
# (file, call): why it is none of these.
ALLOWED = {
    ('mmssl/checkpoints/safe_load.py', 'torch.load'): 'restricted unpickler',
    ('mmssl/checkpoints/trusted.py', 'torch.load'): 'what --trust is',
    ('mmssl/checkpoints/safe_handlers.py', 'yaml.load'): 'with a SafeLoader',
    (
        'mmssl/pretraining/config_text.py',
        'Config.fromstring',
    ): 'a config of ours, with what the caller changed',
}


def calls(source: str) -> list[tuple[str, ast.Call]]:
    """Calls of a program, by the text of what is called.

    ``from pickle import load`` counts as ``pickle.load``, too.
    """
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: f'{node.module}.{alias.name}'
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    names |= {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            root, dot, rest = ast.unparse(node.func).partition('.')
            found.append((names.get(root, root) + dot + rest, node))
    return found


def problems(source: str) -> list[str]:
    """Names of calls that can run a file."""
    found = []
    for name, node in calls(source):
        if name.endswith('.Config.fromstring'):
            name = 'Config.fromstring'
        if name in FORBIDDEN:
            found.append(name)
        options = {k.arg: ast.unparse(k.value) for k in node.keywords}
        if options.get('shell', 'False') != 'False':
            found.append(f'{name}(shell)')
        if options.get('allow_pickle', 'False') != 'False':
            found.append(f'{name}(allow_pickle)')
    return found


@pytest.mark.parametrize(
    'path', FILES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_file__runs_nothing(path):
    name = path.relative_to(ROOT).as_posix()
    found = problems(path.read_text('utf-8'))
    assert [call for call in found if (name, call) not in ALLOWED] == []


def test_allowed__are_there_still():
    for name, call in ALLOWED:
        assert problems((ROOT / name).read_text('utf-8')) == [call]


@pytest.mark.parametrize(
    ('source', 'name'),
    [
        ('import torch\ntorch.load("a")', 'torch.load'),
        ('from torch import load\nload("a")', 'torch.load'),
        ('import torch as t\nt.load("a")', 'torch.load'),
        ('import pickle as p\np.loads(b"")', 'pickle.loads'),
        ('from yaml import load as read\nread("a")', 'yaml.load'),
        ('eval("1")', 'eval'),
        ('import subprocess as s\ns.run("a", shell=True)', 'subprocess.run'),
        ('import numpy as np\nnp.load("a", allow_pickle=True)', 'numpy.load'),
    ],
)
def test_search__finds(source, name):
    [found] = problems(source)
    assert found.startswith(name)


def test_search__passes_what_is_harmless():
    assert not problems(
        'import json\nimport re\njson.load(f)\nmodel.eval()\n'
        're.compile("a")\nmodel.compile()\nnp.load("a", allow_pickle=False)\n'
        'pickle.dumps(1)\nyaml.safe_load("a")\nsubprocess.run(["a"])'
    )
