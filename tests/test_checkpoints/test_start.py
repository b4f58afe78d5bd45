"""What a training takes from a file, with the methods themselves."""

from __future__ import annotations

import copy
import logging

import pytest
import torch
from mmengine.registry import DefaultScope

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.position_resize import TABLE, resize_table
from mmssl.checkpoints.start import start_from
from mmssl.engine import launch
from mmssl.engine.hooks.load_report_hook import LoadReportHook
from mmssl.registry import MODELS
from mmssl.testing.toy_people import make_toy_people

DINO = dict(
    type='DINO',
    backbone=dict(
        type='SemanticSwinTransformer',
        arch=dict(embed_dims=8, depths=[1] * 4, num_heads=[1, 1, 2, 2]),
    ),
    neck=dict(
        type='DINONeck',
        in_channels=64,
        hid_channels=16,
        bottleneck_channels=8,
        num_prototypes=12,
    ),
    head=dict(type='DINOHead', num_prototypes=12),
)
SOLIDER = dict(
    DINO,
    type='SOLIDER',
    semantic_head=dict(
        type='SemanticHead', in_channels=64, num_classes=4, num_blocks=1
    ),
)


def build(cfg, seed=0, **backbone):
    torch.manual_seed(seed)
    cfg = copy.deepcopy(cfg)
    cfg['backbone'].update(backbone)
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(cfg)
    for name, tensor in model.state_dict().items():
        if name.startswith('teacher.') and tensor.is_floating_point():
            tensor.add_(0.1 * torch.randn_like(tensor))
    model.head.center.fill_(0.5 * seed)
    return model


def published(model):
    """The same networks as main_dino.py saves them."""
    file = {'student': {}, 'teacher': {}, 'epoch': 3}
    file['dino_loss'] = {'center': model.head.center}
    for name, tensor in model.state_dict().items():
        entry, key = 'student', name
        if name.startswith('teacher.'):
            entry, key = 'teacher', name[len('teacher.') :]
        if key.startswith('neck.'):
            key = f'head.{key[len("neck.") :]}'
        elif not key.startswith('backbone.'):
            continue
        before = 'module.' if entry == 'student' else ''
        file[entry][before + key] = tensor
    return file


def ours(model):
    return {'state_dict': model.state_dict(), 'meta': {'epoch': 3}}


@pytest.mark.parametrize('layout', [ours, published])
def test_solider_from_dino__both_networks_and_a_new_centre(layout):
    dino, solider = build(DINO, 1), build(SOLIDER)
    head = solider.semantic_head.state_dict()
    head = {name: tensor.clone() for name, tensor in head.items()}
    start = start_from(solider, layout(dino), 'dino.pth')
    assert start.lines[2:4] == (
        'begins anew: head.center, head.center_sum, head.center_count',
        'new, not in the file: semantic_head',
    )
    solider.load_state_dict(start.state, strict=False)
    mine, theirs = solider.state_dict(), dino.state_dict()
    both = [n for n in theirs if not n.startswith('head.')]
    assert len(both) == len(start.report.matched)
    assert all(torch.equal(mine[n], theirs[n]) for n in both)
    names = [n for n in both if n.startswith('teacher.neck.')]
    assert names
    for name in names:  # not the student's
        other = mine[name[len('teacher.') :]]
        assert not torch.equal(mine[name], other)
    assert not solider.head.center.any()
    for name, tensor in solider.semantic_head.state_dict().items():
        assert torch.equal(tensor, head[name])
    count = sum(not n.startswith('teacher.') for n in both)
    assert start.lines[0] == f'student: {count} of {count} tensors'
    assert start.lines[1] == (
        f"teacher: {count} of {count} tensors, from the file's teacher"
    )
    assert 'schedules and epochs start anew' in start.text()


def test_from_a_backbone_alone__the_teacher_is_its_copy():
    dino, solider = build(DINO, 1), build(SOLIDER)
    file = {k: v for k, v in dino.state_dict().items() if k[:9] == 'backbone.'}
    start = start_from(solider, file, 'backbone.pth')
    n, m = len(file), len(solider.teacher.state_dict())
    assert start.lines[0] == f'student: {n} of {m} tensors'
    assert start.lines[1] == (
        f"teacher: {n} of {m} tensors, from the file's student, as it has "
        'no teacher'
    )
    assert start.lines[3] == (
        'new, not in the file: neck, teacher.neck, semantic_head'
    )
    solider.load_state_dict(start.state, strict=False)
    for name, tensor in file.items():
        assert torch.equal(solider.state_dict()[f'teacher.{name}'], tensor)


def test_from_a_plain_swin__embeddings_are_new():
    plain = build(DINO, 1, semantic_weight=-1)
    start = start_from(build(SOLIDER), ours(plain), 'plain.pth')
    assert start.lines[3] == (
        'new, not in the file: backbone.semantic_embed_w, '
        'backbone.semantic_embed_b, teacher.backbone.semantic_embed_w, '
        'teacher.backbone.semantic_embed_b, semantic_head'
    )


def test_another_window__in_student_and_teacher():
    dino, solider = build(DINO, 1), build(SOLIDER, window_size=4)
    start = start_from(solider, published(dino), 'dino.pth')
    [resized] = start.report.resized
    assert str(resized) == (
        '8 relative position tables (window 7 -> 4) 13x13 -> 7x7, bicubic'
    )
    solider.load_state_dict(start.state, strict=False)
    name = f'teacher.backbone.stages.2.blocks.0.attn.w_msa.{TABLE}'
    want = resize_table(dino.state_dict()[name], 4)
    assert torch.equal(solider.state_dict()[name], want)


def test_bad_files__named():
    solider = build(SOLIDER)
    file = published(build(DINO, 1))
    file['teacher']['backbone.extra'] = torch.ones(1)
    with pytest.raises(ValueError, match=r'1 keys have no place .*extra'):
        start_from(solider, file, 'a.pth')
    with pytest.raises(CheckpointError, match='state of an optimiser'):
        start_from(solider, {'optimizer': {}, 'epoch': 3}, 'a.pth')


@pytest.mark.slow
def test_run__from_a_published_file(tmp_path, monkeypatch, caplog):
    """Through load_from, the runner and its hooks, to the end of a run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    make_toy_people(tmp_path / 'people', 8)
    small = {
        'load_from': 'dino.pth',
        'experiment_name': 'from_dino',
        'train_dataloader.dataset.data_root': 'people',
        'train_dataloader.dataset.data_prefix': 'images',
        'train_dataloader.batch_size': 4,
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False,
        'train_cfg.max_epochs': 2,
        'model.neck.num_prototypes': 12,
        'model.head.num_prototypes': 12,
        'model.neck.hid_channels': 16,
    }
    config = launch.run_config.load_config(
        'mmssl::solider/solider_swin_cpu-from-dino.py'
    )
    cfg = dict(config.model.to_dict())
    cfg['neck'].update(num_prototypes=12, hid_channels=16)
    cfg['head'].update(num_prototypes=12)
    with DefaultScope.overwrite_default_scope('mmssl'):
        donor = MODELS.build(cfg)
    donor.head.center.fill_(9.0)
    torch.save(published(donor), 'dino.pth')
    with caplog.at_level(logging.INFO):
        runner = launch.train(config, work_dir='run', cfg_options=small)
    [hook] = [h for h in runner.hooks if isinstance(h, LoadReportHook)]
    count = len(donor.teacher.state_dict())
    assert len(hook.report.matched) == 2 * count
    assert {n.split('.')[0] for n in hook.report.missing} == {'semantic_head'}
    assert runner.model.head.center.abs().max() <= 1  # means of cosines
    assert runner.epoch == 2
