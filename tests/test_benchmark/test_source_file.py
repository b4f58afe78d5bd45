"""Whose file a checkpoint is, and what it has to become."""

import pytest
import torch
import torchvision

from mmssl.benchmark.source_file import source_of
from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint


@pytest.fixture(scope='module')
def resnet():
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).state_dict()


def save(path, state, method=None, prefix='backbone.', **meta):
    if method:
        meta['cfg'] = f"model = dict(type='{method}')"
    named = {f'{prefix}{name}': tensor for name, tensor in state.items()}
    torch.save(dict(state_dict=named, meta=meta), path)
    return path


def both(state):
    twin = {f'teacher.backbone.{n}': t + 1 for n, t in state.items()}
    return {**{f'backbone.{n}': t for n, t in state.items()}, **twin}


@pytest.mark.parametrize(
    ('method', 'part', 'expected'),
    [
        ('mmssl.DINO', 'auto', 'teacher'),
        ('SOLIDER', 'auto', 'teacher'),
        ('SCRL', 'auto', 'student'),
        ('SCRL', 'teacher', 'teacher'),
        ('SOLIDER', 'student', 'student'),
    ],
)
def test_ours__student_or_teacher(tmp_path, resnet, method, part, expected):
    file = save(tmp_path / 'a.pth', both(resnet), method, prefix='')
    source = source_of(file, tmp_path / 'scratch.pth', part=part)
    assert (source.file, source.part) == (file, expected)
    assert source.prefix is None
    assert not source.semantic
    assert not (tmp_path / 'scratch.pth').exists()


def test_ours__no_teacher(tmp_path, resnet):
    file = save(tmp_path / 'a.pth', resnet, 'DINO')
    assert source_of(file, tmp_path / 's.pth').part == 'student'
    with pytest.raises(CheckpointError, match=r"prefix 'teacher\.backbone\.'"):
        source_of(file, tmp_path / 's.pth', part='teacher')


def test_ours__follows_lambda(tmp_path, resnet):
    state = {**resnet, 'semantic_embed_w.0.weight': torch.ones(2, 2)}
    file = save(tmp_path / 'a.pth', state, 'SOLIDER')
    assert source_of(file, tmp_path / 's.pth').semantic


def test_export__is_known_by_its_meta(tmp_path, resnet):
    file = save(
        tmp_path / 'a.pth',
        resnet,
        prefix='backbone.' * 0,
        layout='mm',
        part='teacher',
        semantic_weight='adjustable',
    )
    source = source_of(file, tmp_path / 's.pth')
    assert (source.part, source.semantic, source.prefix) == (
        'teacher',
        True,
        '',
    )


def test_torchvision__is_converted(tmp_path, resnet):
    torch.save(resnet, tmp_path / 'a.pth')
    scratch = tmp_path / 's.pth'
    source = source_of(tmp_path / 'a.pth', scratch)
    assert source.file == scratch
    found = state_of(load_checkpoint(scratch), 'backbone.')
    assert {f'fc.{n}' for n in ('weight', 'bias')} == set(resnet) - set(found)
    assert all(torch.equal(found[name], resnet[name]) for name in found)


def test_torchvision__vgg_with_and_without_arch(tmp_path):
    net = torchvision.models.vgg11(weights=None, init_weights=False)
    kept = {n: t for n, t in net.state_dict().items() if n[:3] == 'fea'}
    torch.save(kept, tmp_path / 'a.pth')
    for arch in (None, 'vgg11'):
        source = source_of(tmp_path / 'a.pth', tmp_path / 's.pth', arch=arch)
        found = state_of(load_checkpoint(source.file), 'backbone.')
        assert len(found) == len(kept)
    with pytest.raises(CheckpointError, match='none of vgg13 has'):
        source_of(tmp_path / 'a.pth', tmp_path / 's.pth', arch='vgg13')


def test_mistakes__are_told(tmp_path, resnet):
    torch.save({'head.weight': torch.ones(2, 2)}, tmp_path / 'head.pth')
    with pytest.raises(CheckpointError, match='no backbone was found in'):
        source_of(tmp_path / 'head.pth', tmp_path / 's.pth')
    with pytest.raises(ValueError, match='auto, student, teacher, got'):
        source_of(tmp_path / 'head.pth', tmp_path / 's.pth', part='ema')
