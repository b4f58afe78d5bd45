"""The layout of DINO's files, on a few tensors."""

import pytest
import torch

from mmssl.checkpoints.dino_names import rename_resnet_key
from mmssl.checkpoints.teacher_student_file import (
    backbone_keys,
    epoch_of,
    has_projector,
    networks_of,
    rename_networks,
)

CONV, HEAD = 'backbone.conv1.weight', 'head.mlp.0.weight'


def network(value, before=''):
    return {
        before + CONV: torch.full((1,), value),
        before + HEAD: torch.full((1,), -value),
    }


def renamed(file):
    return rename_networks(file, networks_of(file), rename_resnet_key, 'X')


def test_full__student_teacher_and_losses():
    file = {
        'student': network(1.0, 'module.'),
        'teacher': network(2.0),
        'dino_loss': {'center': torch.zeros(1, 4)},
        'part_classifier': {'module.mlp.0.bias': torch.full((1,), 3.0)},
        'epoch': 7,
        'extra': 1,
    }
    assert networks_of(file).kind == 'full'
    new = renamed(file)
    assert {k: v.flatten()[0].item() for k, v in new.state_dict.items()} == {
        'backbone.conv1.weight': 1,
        'neck.mlp.0.weight': -1,
        'teacher.backbone.conv1.weight': 2,
        'teacher.neck.mlp.0.weight': -2,
        'head.center': 0,
        'semantic_head.mlp.0.bias': 3,
    }
    assert new.dropped == {
        'epoch': 'kept as meta["epoch"]',
        'extra': 'no part of the networks',
    }
    assert new.notes == ()
    assert epoch_of(file) == 7
    assert epoch_of({'epoch': 'last'}) is None


def test_kinds__and_the_better_network():
    teacher = networks_of({'teacher': network(2.0)})
    assert (teacher.kind, backbone_keys(teacher)) == (
        'teacher',
        {'conv1.weight'},
    )
    student = networks_of({'student': network(1.0, 'module.')})
    assert (student.kind, backbone_keys(student)) == (
        'student',
        {'conv1.weight'},
    )
    bare = networks_of({'model': {'module.conv1.weight': 1}, 'lr': 0.1})
    assert (bare.kind, backbone_keys(bare)) == ('backbone', {'conv1.weight'})
    assert bare.rest == {'lr'}
    both = networks_of({'student': network(1.0), 'teacher': network(2.0)})
    assert both.best[CONV] == 2


def test_teacher_alone__one_tensor_two_names():
    new = renamed(network(2.0))
    state = new.state_dict
    assert (
        state['backbone.conv1.weight']
        is state['teacher.backbone.conv1.weight']
    )
    assert len(new.renamed) == 2
    assert new.renamed[CONV] == 'teacher.backbone.conv1.weight'


def test_mistakes__named():
    with pytest.raises(
        ValueError, match=r'1 keys have no place in X: teacher'
    ):
        renamed({'teacher': {**network(1.0), 'decoder.a': torch.ones(1)}})
    with pytest.raises(ValueError, match=r"no tensors: \['dino_loss/center"):
        renamed({'teacher': network(1.0), 'dino_loss': {'center': 'x'}})
    with pytest.raises(ValueError, match="'student' holds no tensors, but"):
        networks_of({'student': 'lost'})


def test_projector__tells_published_files():
    assert has_projector({'student': {}})
    assert has_projector({'module.head.last_layer.weight_v': 1})
    assert not has_projector({'backbone.a': 1, 'head.fc.weight': 1})
    assert not has_projector({'teacher': 'a name'})
