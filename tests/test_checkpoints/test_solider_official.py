"""The converter against the published keys and the published outputs.

Weights and inputs are rebuilt from names: each tensor has a generator of its
own, seeded by the crc32 of its name.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.models import SwinTransformer

from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.checkpoints.solider_official import (
    convert_solider_checkpoint,
    is_solider_checkpoint,
)
from mmssl.cli import run_command
from mmssl.models.backbones import SemanticSwinTransformer
from mmssl.models.necks import DINONeck
from mmssl.testing.golden import named_input, named_weight

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'
LAMBDAS = (0.0, 0.3, 1.0)


def golden_keys(name):
    return json.loads((GOLDEN / f'solider_{name}_keys.json').read_text())


def published_teacher(make):
    """Student or teacher of the published layout, without 'module.'."""
    index = torch.from_numpy(
        np.load(GOLDEN / 'solider_int_buffers.npz')['relative_position_index']
    )
    return {
        key.split('/', 1)[1]: index.clone()
        if key.endswith('relative_position_index')
        else make(key, shape, dtype)
        for key, (shape, dtype) in golden_keys('swin_tiny').items()
    }


def empty(name, shape, dtype):
    return torch.empty(shape, dtype=getattr(torch, dtype), device='meta')


def published_file(make):
    """A file of the published layout, with all of its entries."""
    teacher = published_teacher(make)
    return {
        'student': {f'module.{k}': v.clone() for k, v in teacher.items()},
        'teacher': teacher,
        'optimizer': {'state': {}, 'param_groups': [{'lr': 7.5e-4}]},
        'epoch': 100,
        'args': argparse.Namespace(arch='swin_tiny', out_dim=1000),
        'dino_loss': {'center': torch.full((1, 1000), 0.5)},
        'fp16_scaler': {'scale': 65536.0},
    }


@pytest.fixture(scope='module')
def converted(tmp_path_factory):
    """Named weights -> published file -> command -> file of mmssl."""
    folder = tmp_path_factory.mktemp('solider')
    file = published_file(named_weight)
    for tensor in file['student'].values():  # another network
        if tensor.is_floating_point():
            tensor *= 0.5
    torch.save(file, folder / 'checkpoint.pth')
    paths = [str(folder / n) for n in ('checkpoint.pth', 'solider.pth')]
    assert run_command('convert', paths) == 0
    return folder / 'solider.pth'


@pytest.fixture(scope='module')
def golden():
    with np.load(GOLDEN / 'solider.npz') as file:
        return {name: file[name] for name in file}


def filled(module, state, prefix):
    own = {
        k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)
    }
    module.load_state_dict(own)
    module.eval()
    return module


def check_relative(got, expected, limit=1e-4):
    error = np.abs(got.numpy() - expected).max() / np.abs(expected).max()
    assert error <= limit


@pytest.mark.slow
@pytest.mark.parametrize('value', LAMBDAS)
def test_golden__outputs_of_the_published_networks(converted, golden, value):
    """Backbone, projector and part head, loaded from the converted file."""
    state = load_checkpoint(converted)['state_dict']
    net = SemanticSwinTransformer('tiny', out_indices=(0, 1, 2, 3))
    filled(net, state, 'teacher.backbone.')
    neck = DINONeck(768, num_prototypes=1000)
    filled(neck, state, 'teacher.neck.')
    parts = DINONeck(768, num_prototypes=4)
    weights = {
        key[len('part_classifier.') :]: named_weight(key, shape, dtype)
        for key, (shape, dtype) in golden_keys('part_classifier').items()
    }
    filled(parts, weights, '')
    want = {
        key.split('/')[1]: array
        for key, array in golden.items()
        if key.startswith(f'lambda{value}/')
    }
    with torch.no_grad():
        maps = net(named_input('visible/solider/x', (2, 3, 256, 128)), value)
        small = named_input('visible/solider/xlocal', (2, 3, 128, 64))
        local = net(small, value)[-1].mean((2, 3))
        pooled = maps[-1].mean((2, 3))
        check_relative(pooled, want['pooled'])
        check_relative(local, want['local_pooled'])
        check_relative(maps[3], want['stage3'])
        for i in range(3):
            sub = maps[i][:, ::7, ::3, ::3]
            check_relative(sub, want[f'stage{i}_sub'])
        [logits] = neck(torch.cat([pooled, local]))
        check_relative(logits, want['dino_head'])
        tokens = maps[3].flatten(2).transpose(1, 2).flatten(0, 1)
        check_relative(parts(tokens)[0], want['part_logits'])


@pytest.mark.slow
def test_golden__one_lambda_folded_into_a_plain_swin(
    converted, golden, tmp_path
):
    """The command, on the published file and on the converted one."""
    images = named_input('visible/solider/x', (2, 3, 256, 128))
    out = tmp_path / 'plain.pth'
    for source in (converted.with_name('checkpoint.pth'), converted):
        words = [str(source), str(out), '--part', 'teacher']
        assert run_command('export', [*words, '--semantic-weight', '0.3']) == 0
        init = dict(type='Pretrained', checkpoint=str(out), prefix='backbone.')
        net = SwinTransformer(
            'tiny', out_indices=(0, 3), pad_small_map=True, init_cfg=init
        )
        net.init_weights()
        net.eval()
        with torch.no_grad():
            first, last = net(images)
        check_relative(last.mean((2, 3)), golden['lambda0.3/pooled'])
        check_relative(first[:, ::7, ::3, ::3], golden['lambda0.3/stage0_sub'])


@pytest.mark.slow
def test_init_cfg__a_published_file_as_it_is(converted, golden):
    init = dict(
        type='Pretrained',
        checkpoint=str(converted.with_name('checkpoint.pth')),
        prefix='teacher.backbone.',
    )
    with DefaultScope.overwrite_default_scope('mmssl'):
        net = SemanticSwinTransformer(
            'tiny', semantic_weight=1.0, out_indices=range(4), init_cfg=init
        )
        net.init_weights()
    net.eval()
    with torch.no_grad():
        maps = net(named_input('visible/solider/x', (2, 3, 256, 128)))
    check_relative(maps[3], golden['lambda1.0/stage3'])


def test_full__every_key_has_its_place():
    file = published_file(empty)
    file['part_classifier'] = {
        'module.' + key.split('.', 1)[1]: empty(key, shape, dtype)
        for key, (shape, dtype) in golden_keys('part_classifier').items()
    }
    conversion = convert_solider_checkpoint(file)
    net = SemanticSwinTransformer('tiny', out_indices=(0, 1, 2, 3))
    neck = DINONeck(768, num_prototypes=1000).state_dict()
    expected = {'head.center': (1, 1000)}
    for root in ('', 'teacher.'):
        for key, tensor in net.state_dict().items():
            expected[f'{root}backbone.{key}'] = tensor.shape
        for key, tensor in neck.items():
            expected[f'{root}neck.{key}'] = tensor.shape
    parts = DINONeck(768, num_prototypes=4).state_dict()
    for key, tensor in parts.items():
        expected[f'semantic_head.{key}'] = tensor.shape
    got = {k: v.shape for k, v in conversion.state_dict.items()}
    assert got == expected
    # nothing is lost, copied or invented: the same tensors
    for old, new in conversion.renamed.items():
        entry, key = old.split('/')
        assert conversion.state_dict[new] is file[entry][key]
    assert conversion.meta == {
        'kind': 'full',
        'arch': 'swin_tiny',
        'epoch': 100,
        'semantic': True,
        'prototypes': 1000,
    }
    assert set(conversion.dropped) == {
        *('args', 'epoch', 'fp16_scaler', 'optimizer')
    }
    assert conversion.summary == (
        'full checkpoint, swin_tiny with semantic embeddings'
    )
    assert conversion.notes == ()


@pytest.mark.parametrize('wrap', ['bare', 'teacher', 'module', 'state_dict'])
def test_teacher_alone__student_and_teacher(wrap):
    """What convert_model.py writes, and what people make of it."""
    teacher = published_teacher(empty)
    file = {
        'bare': teacher,
        'teacher': {'teacher': teacher},
        'module': {f'module.{k}': v for k, v in teacher.items()},
        'state_dict': {'state_dict': teacher, 'epoch': 3},
    }[wrap]
    assert is_solider_checkpoint(file)
    conversion = convert_solider_checkpoint(file)
    assert conversion.meta['kind'] == 'teacher'
    assert conversion.meta['epoch'] == (3 if wrap == 'state_dict' else None)
    assert len(conversion.renamed) == len(teacher)
    for key, tensor in teacher.items():
        new = key.replace('head.', 'neck.', 1)
        assert conversion.state_dict[f'teacher.{new}'] is tensor
        assert conversion.state_dict[new] is tensor
    assert len(conversion.state_dict) == 2 * len(teacher)
    [note] = conversion.notes
    assert note.endswith('the student starts as its copy')


def test_without_semantic_keys_and_student_alone():
    student = {
        k: v
        for k, v in published_teacher(empty).items()
        if 'semantic' not in k
    }
    conversion = convert_solider_checkpoint({'student': student})
    assert conversion.meta['semantic'] is False
    assert conversion.meta['kind'] == 'student'
    assert 'without semantic embeddings' in conversion.summary
    assert not any(k.startswith('teacher.') for k in conversion.state_dict)
    assert 'holds no teacher' in conversion.notes[0]


def test_bare_backbone__known_by_its_embeddings():
    backbone = {
        key[len('backbone.') :]: tensor
        for key, tensor in published_teacher(empty).items()
        if key.startswith('backbone.')
    }
    conversion = convert_solider_checkpoint(backbone)
    assert conversion.meta['kind'] == 'backbone'
    assert conversion.meta['prototypes'] is None
    assert set(conversion.state_dict) == {f'backbone.{k}' for k in backbone}
    plain = {k: v for k, v in backbone.items() if 'semantic' not in k}
    assert not is_solider_checkpoint(plain)


def test_new_weight_norm__its_tensors_get_the_old_names():
    teacher = published_teacher(empty)
    gain = teacher.pop('head.last_layer.weight_g')
    value = teacher.pop('head.last_layer.weight_v')
    root = 'head.last_layer.parametrizations.weight.'
    teacher.update({f'{root}original0': gain, f'{root}original1': value})
    state = convert_solider_checkpoint({'teacher': teacher}).state_dict
    assert state['neck.last_layer.weight_g'] is gain
    assert state['neck.last_layer.weight_v'] is value


def test_sizes__seen_from_the_shapes():
    teacher = published_teacher(empty)
    conversion = convert_solider_checkpoint({'teacher': teacher}, 'swin_tiny')
    assert conversion.meta['arch'] == 'swin_tiny'
    with pytest.raises(ValueError, match='holds swin_tiny, not swin_base'):
        convert_solider_checkpoint({'teacher': teacher}, 'swin_base')
    with pytest.raises(ValueError, match='valid: auto, swin_base, swin_smal'):
        convert_solider_checkpoint({'teacher': teacher}, 'vit_small')
    for block in range(6, 18):
        for key, tensor in list(teacher.items()):
            if key.startswith('backbone.stages.2.blocks.5.'):
                teacher[key.replace('blocks.5', f'blocks.{block}')] = tensor
    found = convert_solider_checkpoint({'teacher': teacher}).meta['arch']
    assert found == 'swin_small'
    for block in range(3, 18):
        for key in list(teacher):
            if key.startswith(f'backbone.stages.2.blocks.{block}.'):
                del teacher[key]
    found = convert_solider_checkpoint({'teacher': teacher}).meta['arch']
    assert found.startswith('Swin (96 channels, depths 2-2-3-2, window 7)')


def test_bad_files__named():
    teacher = published_teacher(empty)
    strange = {**teacher, 'backbone.stages.0.extra': torch.zeros(1)}
    with pytest.raises(ValueError, match=r'1 keys .*SOLIDER .*0\.extra'):
        convert_solider_checkpoint({'teacher': strange})
    text = {**teacher, 'head.mlp.0.bias': 'none'}
    with pytest.raises(ValueError, match=r"no tensors: \['teacher/head\.mlp"):
        convert_solider_checkpoint({'teacher': text})
    twice = {**teacher, 'module.head.mlp.0.bias': torch.zeros(1)}
    with pytest.raises(ValueError, match='both with and without'):
        convert_solider_checkpoint({'teacher': twice})
    with pytest.raises(ValueError, match=r"first keys are \['epoch'\]"):
        convert_solider_checkpoint({'epoch': 3})
    assert not is_solider_checkpoint({'teacher': 3})
    with pytest.raises(ValueError, match='no published SOLIDER'):
        convert_solider_checkpoint({'teacher': 3})
