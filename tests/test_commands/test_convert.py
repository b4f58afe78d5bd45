"""The command, on a small file of the published layout."""

import argparse
from pathlib import Path

import pytest
import torch

from mmssl.checkpoints import published as library
from mmssl.cli import run_command
from mmssl.commands import convert as command


def convert(*paths):
    return run_command('convert', [str(path) for path in paths])


@pytest.fixture
def published(tmp_path):
    """A few keys; the converter does not ask for all of them."""
    state = {
        'module.image_encoder.layer1.0.conv1.weight': torch.randn(2, 2),
        'module.image_encoder.conv5.bias': torch.randn(2),
        'module.flow_decoder.head.bias': torch.randn(2),
    }
    file = {'step': 7, 'state_dict': state, 'optimizer': {'state': {}}}
    path = tmp_path / 'ckpt_iter_7.pth.tar'
    torch.save(file, path, _use_new_zipfile_serialization=False)
    return path, state


def test_main__writes_and_reports(published, tmp_path, capsys):
    path, state = published
    assert convert(path, tmp_path / 'out.pth') == 0
    out = torch.load(tmp_path / 'out.pth', weights_only=True)
    assert {k: v.tolist() for k, v in out['state_dict'].items()} == {
        'backbone.layer1.0.conv1.weight': state[
            'module.image_encoder.layer1.0.conv1.weight'
        ].tolist(),
        'neck.conv.bias': state['module.image_encoder.conv5.bias'].tolist(),
        'head.conv.bias': state['module.flow_decoder.head.bias'].tolist(),
    }
    assert out['meta']['step'] == 7
    assert out['meta']['source'] == 'published CMP, ckpt_iter_7.pth.tar'
    printed = capsys.readouterr().out
    for old in state:
        assert f'{old} ' in printed
    assert 'optimizer: not converted (numbered by' in printed
    assert 'resnet50, plain decoder: 3 tensors converted, 0 lost' in printed


def test_main__finds_out_whose_file_it_is(tmp_path, capsys):
    online = {
        f'encoder.6.{block}.conv3.weight': torch.full((2, 2), float(block))
        for block in range(23)
    }
    file = {
        'epoch': 200,
        'online_network_state_dict': online,
        'optimizer_state_dict': {'param_groups': [{'lr': 14.4}]},
    }
    path, out = tmp_path / 'scrl.pth', tmp_path / 'out.pth'
    torch.save(file, path)
    for more in ((), ('--method', 'scrl'), ('--arch', 'resnet101')):
        assert convert(path, out, *more) == 0
        printed = capsys.readouterr().out
        assert 'online_network_state_dict/encoder.6.22.conv3' in printed
        assert 'optimizer_state_dict: not converted (numb' in printed
        assert 'encoder checkpoint, resnet101: 23 tensors con' in printed
    written = torch.load(out, weights_only=True)
    last = written['state_dict']['backbone.layer3.22.conv3.weight']
    assert last.tolist() == [[22, 22], [22, 22]]
    assert written['meta']['source'] == 'published SCRL or BYOL, scrl.pth'
    assert written['meta']['epoch'] == 200
    for more, says in (
        (('--method', 'cmp'), 'no published CMP checkpoint'),
        (('--arch', 'resnet50'), 'holds resnet101, not resnet50'),
    ):
        assert convert(path, out, *more) == 1
        assert says in capsys.readouterr().err


def test_main__program_in_the_file(tmp_path, capsys):
    class Attack:
        def __reduce__(self):
            return (Path.touch, (tmp_path / 'touched',))

    torch.save({'state_dict': Attack()}, tmp_path / 'bad.pth')
    assert convert(tmp_path / 'bad.pth', tmp_path / 'out.pth') == 1
    assert 'was refused' in capsys.readouterr().err
    assert not (tmp_path / 'touched').exists()
    assert not (tmp_path / 'out.pth').exists()


def test_main__not_cmp(tmp_path, capsys):
    torch.save({'a': torch.zeros(1)}, tmp_path / 'other.pth')
    out = tmp_path / 'out.pth'
    assert convert(tmp_path / 'other.pth', out) == 1
    assert (
        'no published checkpoint of CMP, DINO, SCRL, BYOL or SOLIDER'
        in capsys.readouterr().err
    )
    assert convert(tmp_path / 'none.pth', out) == 1
    assert 'there is no checkpoint' in capsys.readouterr().err


def test_main__bad_destination(published, tmp_path, capsys):
    path, _ = published
    assert convert(path, path) == 1
    assert 'would overwrite SRC' in capsys.readouterr().err
    assert convert(path, tmp_path / 'no' / 'out.pth') == 1
    assert 'folder of DST does not exist' in capsys.readouterr().err


def test_choices__are_those_of_the_library():
    assert command.ARCHS == library.ARCHS
    assert command.METHODS == library.METHODS


class Recipe:
    """A class of somebody's training script."""

    def __init__(self, folder):
        self.folder = folder

    def __setstate__(self, state):
        (state['folder'] / 'ran').touch()


def test_trust__reads_what_is_refused_otherwise(tmp_path, published, capsys):
    _, state = published
    path, out = tmp_path / 'odd.pth', tmp_path / 'out.pth'
    torch.save({'state_dict': state, 'recipe': Recipe(tmp_path)}, path)
    assert convert(path, out) == 1
    assert 'if you trust its makers: --trust' in capsys.readouterr().err
    assert not (tmp_path / 'ran').exists()
    assert convert(path, out, '--trust') == 0
    assert 'everything it says is run' in capsys.readouterr().err
    assert (tmp_path / 'ran').exists()
    # what is written is plain
    got = torch.load(out, weights_only=True)['state_dict']
    assert torch.equal(
        got['neck.conv.bias'], state['module.image_encoder.conv5.bias']
    )


def test_trust__is_not_used_where_it_is_not_needed(
    tmp_path, published, capsys
):
    """Namespaces of argparse, which many published files hold, are plain."""
    _, state = published
    path = tmp_path / 'args.pth'
    args = argparse.Namespace(lr=0.1, names=['a'])
    torch.save({'state_dict': state, 'args': args}, path)
    for more in ((), ('--trust',)):
        assert convert(path, tmp_path / 'out.pth', *more) == 0
        assert 'is run' not in capsys.readouterr().err


def test_solider_and_dino__notes_and_other_windows(tmp_path, capsys):
    root = 'stages.0.blocks.0.attn.w_msa.'
    teacher = {
        f'backbone.{root}relative_position_bias_table': torch.ones(169, 3),
        f'backbone.{root}relative_position_index': torch.zeros(49, 49).long(),
        'backbone.patch_embed.projection.weight': torch.ones(96, 3, 4, 4),
        'head.last_layer.weight_v': torch.ones(5, 2),
    }
    path, out = tmp_path / 'teacher.pth', tmp_path / 'out.pth'
    torch.save(teacher, path)
    assert convert(path, out, '--window-size', '12') == 0
    printed = capsys.readouterr().out
    assert 'head.last_layer.weight_v' in printed
    assert '-> teacher.neck.last_layer.weight_v' in printed
    assert 'note: the file holds the teacher alone' in printed
    assert 'note: resized (teacher): 1 relative position tables' in printed
    written = torch.load(out, weights_only=True)
    assert written['meta']['kind'] == 'teacher'
    assert written['meta']['prototypes'] == 5
    for before in ('', 'teacher.'):
        table = f'{before}backbone.{root}relative_position_bias_table'
        assert written['state_dict'][table].shape == (529, 3)
    assert convert(path, out, '--img-size', '256', '128') == 1
    assert 'it is for ViT' in capsys.readouterr().err
    assert convert(path, out, '--method', 'dino') == 1
    message = capsys.readouterr().err
    assert 'published SOLIDER' in message
    assert '--method solider' in message
