"""The command line of mmssl export; test_checkpoints has what it writes."""

import torch

from mmssl.checkpoints import layouts, parts
from mmssl.cli import run_command
from mmssl.commands import export
from mmssl.models.backbones import SemanticSwinTransformer


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


def swin_file(path, root='backbone.'):
    arch = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
    state = SemanticSwinTransformer(arch).state_dict()
    torch.save({f'{root}{k}': v for k, v in state.items()}, path)
    return str(path)


def test_semantic_weight__folded_and_the_config_is_printed(tmp_path, capsys):
    path, out = swin_file(tmp_path / 'a.pth'), str(tmp_path / 'b.pth')
    words = [path, out, '--semantic-weight', '0.2', '--window-size', '8']
    assert run_command('export', words) == 0
    printed = capsys.readouterr().out
    assert 'relative position tables (window 7 -> 8)' in printed
    assert "type='SwinTransformer'" in printed
    assert 'window_size=8' in printed
    assert f"checkpoint='{out}'" in printed
    state = torch.load(out, weights_only=True)['state_dict']
    assert not [name for name in state if 'semantic' in name]
    assert run_command('export', [path, out]) == 0
    assert 'SemanticSwinTransformer' in capsys.readouterr().out


def test_reid_model__its_backbone_by_the_prefix(tmp_path, capsys):
    path = swin_file(tmp_path / 'reid.pth', root='base.')
    full = torch.load(path, weights_only=True)
    full.update({'classifier.weight': torch.ones(1)})
    torch.save(full, path)
    out = str(tmp_path / 'b.pth')
    assert run_command('export', [path, out]) == 1
    message = capsys.readouterr().err
    assert 're-identification' in message
    assert '--prefix base.' in message
    words = [path, out, '--prefix', 'base.', '--semantic-weight', '0.2']
    assert run_command('export', words) == 0


def test_mistakes_of_lambda_and_sizes__one_line(tmp_path, capsys):
    path, out = swin_file(tmp_path / 'a.pth'), str(tmp_path / 'b.pth')
    for more, says in (
        (('--semantic-weight', '1.2'), 'in [0, 1]'),
        (('--layout', 'timm'), '--semantic-weight'),
        (('--img-size', '256', '128'), 'it is for ViT'),
        (('--window-size', '1'), 'must be >= 2, got 1'),
        (('--part', 'teacher'), "prefix 'teacher.backbone.'"),
    ):
        assert run_command('export', [path, out, *more]) == 1
        message = capsys.readouterr().err
        assert message.startswith('error: ')
        assert says in message
    assert not (tmp_path / 'b.pth').exists()
