"""The command line of mmssl export; test_checkpoints has what it writes."""

import torch

from mmssl.checkpoints import layouts
from mmssl.cli import run_command
from mmssl.commands import export


def test_choices__are_those_of_the_library():
    assert export.LAYOUTS == layouts.LAYOUTS


def test_users_mistakes__one_line(tmp_path, capsys):
    out = str(tmp_path / 'out.pth')
    assert run_command('export', [str(tmp_path / 'no.pth'), out]) == 1
    assert capsys.readouterr().err.startswith('error: there is no checkpoint')
    torch.save({'state_dict': {'head.w': torch.ones(1)}}, tmp_path / 'a.pth')
    arguments = [str(tmp_path / 'a.pth'), out, '--prefix', 'encoder.']
    assert run_command('export', arguments) == 1
    message = capsys.readouterr().err
    assert message.startswith('error: ')
    assert 'encoder.' in message
