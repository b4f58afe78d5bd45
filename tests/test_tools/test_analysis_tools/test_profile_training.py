"""The tool is the command."""

import runpy
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools/analysis_tools/profile_training.py'


def test_tool__is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['profile_training.py', 'gone.py'])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(TOOL), run_name='__main__')
    assert stop.value.code == 1
    assert "error: there is no config 'gone.py'" in capsys.readouterr().err
