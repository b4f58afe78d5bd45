"""The command line of mmssl export; test_checkpoints has what it writes."""

import torch

from mmssl.checkpoints import layouts, parts
from mmssl.cli import run_command
from mmssl.commands import export


def test_choices__are_those_of_the_library():
    assert export.LAYOUTS == layouts.LAYOUTS
    assert tuple(parts.PARTS) == export.PARTS


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


def test_part_and_fpn__reach_the_file(tmp_path, capsys):
    state = {
        f'{root}{name}': torch.full((1,), float(bool(root)))
        for root in ('', 'teacher.')
        for name in (
            'backbone.conv1.weight',
            'region.fpn.inner_blocks.0.0.weight',
        )
    }
    torch.save({'state_dict': state}, tmp_path / 'a.pth')
    out = tmp_path / 'b.pth'
    words = [str(tmp_path / 'a.pth'), str(out), '--part', 'teacher', '--fpn']
    # one weight is no backbone that is known: the error says what to do
    assert run_command('export', words) == 1
    assert 'give the config' in capsys.readouterr().err
    assert not out.exists()
    assert run_command('export', [*words, '--layout', 'timm']) == 1
    assert 'a pyramid is written in layout "mm"' in capsys.readouterr().err
    assert run_command('export', [*words, '--prefix', 'x.']) == 1
    assert 'or the prefix' in capsys.readouterr().err
