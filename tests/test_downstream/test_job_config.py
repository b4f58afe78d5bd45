"""What makes a task's config that of one job."""

from __future__ import annotations

import os

import pytest
import torch
from mmengine.config import Config

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.job_config import hide_gpus, prepare


def config(**changes):
    values = dict(
        model=dict(norm_cfg=dict(type='SyncBN'), parts=[dict(type='SyncBN')]),
        train_cfg=dict(max_epochs=1),
        train_dataloader=dict(batch_size=1),
        optim_wrapper=dict(type='OptimWrapper'),
        val_dataloader=dict(batch_size=2),
        val_evaluator=dict(type='Accuracy'),
        val_cfg=dict(type='ValLoop'),
        default_hooks=dict(
            checkpoint=dict(
                type='CheckpointHook', save_best='auto', interval=3
            )
        ),
    )
    return Config(dict(values, **changes))


def test_prepare__seed_folder_and_one_test_at_the_end(job):
    made = config()
    prepare(made, job(seed=5))
    assert made.randomness == dict(seed=5, deterministic=True)
    assert made.work_dir == job().work_dir
    assert made.test_dataloader == dict(batch_size=2)
    assert made.test_evaluator == dict(type='Accuracy')
    assert made.val_dataloader is made.val_cfg is made.val_evaluator is None
    assert made.default_hooks.checkpoint == dict(
        type='CheckpointHook', interval=3, max_keep_ckpts=1
    )
    assert made.experiment_name == 'toy-random-5'
    assert 'SyncBN' not in str(made.model)


def test_prepare__the_test_of_the_config_is_kept(job):
    made = config(
        test_dataloader=dict(batch_size=9),
        test_evaluator=dict(type='Other'),
        test_cfg=dict(type='TestLoop'),
    )
    prepare(made, job())
    assert made.test_dataloader.batch_size == 9
    assert made.test_evaluator.type == 'Other'
    assert made.test_cfg.type == 'TestLoop'


def test_prepare__several_processes_keep_their_norms(job):
    made = config()
    prepare(made, job(launcher='pytorch'))
    assert made.launcher == 'pytorch'
    assert made.model.norm_cfg.type == 'SyncBN'


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('train_cfg', 'lacks train_cfg: it trains nothing'),
        ('val_evaluator', 'neither test_evaluator nor val_evaluator'),
    ],
)
def test_prepare__what_is_no_task(job, name, text):
    with pytest.raises(HandOffError, match=text):
        prepare(config(**{name: None}), job())


def test_gpus__hidden_or_asked_for(monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '0')
    hide_gpus('auto')
    assert os.environ['CUDA_VISIBLE_DEVICES'] == '0'
    hide_gpus('cpu')
    assert os.environ['CUDA_VISIBLE_DEVICES'] == ''
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(HandOffError, match='torch sees no GPU'):
        hide_gpus('cuda')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    hide_gpus('cuda')
