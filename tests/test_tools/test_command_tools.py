"""Tools that are a command of ``mmssl`` by another name."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from mmssl.cli import COMMANDS, load

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
CALL = re.compile(r"run_command\('([\w ]+)'")
SHELLS = {
    path.relative_to(TOOLS).as_posix(): CALL.search(path.read_text())[1]
    for path in sorted(TOOLS.rglob('*.py'))
    if CALL.search(path.read_text())
}


def test_tools__each_command_has_one():
    assert SHELLS['train.py'] == 'train'
    assert SHELLS['test.py'] == 'test'
    # published files have a converter for each method
    methods = ('cmp', 'dino', 'scrl', 'solider')
    files = {f'{method}_official.py' for method in methods}
    assert {Path(t).name for t, c in SHELLS.items() if c == 'convert'} == files
    single = [c for c in SHELLS.values() if c != 'convert']
    assert sorted([*single, 'convert']) == sorted(COMMANDS)


@pytest.mark.parametrize('tool', SHELLS)
def test_tools__run_their_command_and_exit_with_its_status(tool, monkeypatch):
    seen = []
    module = load(SHELLS[tool])
    monkeypatch.setattr(module, 'add_arguments', lambda parser: None)
    monkeypatch.setattr(module, 'run', lambda args: seen.append(args) or 3)
    monkeypatch.setattr(sys, 'argv', [str(TOOLS / tool)])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(TOOLS / tool), run_name='__main__')
    assert stop.value.code == 3
    assert len(seen) == 1
