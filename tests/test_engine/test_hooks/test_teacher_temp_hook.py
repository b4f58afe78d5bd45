"""Temperatures that a head sees in each iteration of a run."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from torch import nn

from mmssl.engine import ExactRunner
from mmssl.engine.hooks import TeacherTempHook
from mmssl.engine.hooks.teacher_temp_hook import warmup_temp
from mmssl.engine.run_config import LaunchError

NUMBERS = itertools.count()


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.teacher_temp = 0.5
        self.seen = []


class Net(BaseModel):
    """Notes the temperature that its head has in each forward pass."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.head = Head()

    def forward(self, inputs, mode='tensor'):
        self.head.seen.append(self.head.teacher_temp)
        return dict(loss=self.layer(torch.stack(inputs)).mean())


def train(tmp_path, hook, train_cfg=None, accumulate=1, model=None, **more):
    """Train 5 epochs of 3 batches; return the temperatures that were seen."""
    runner = ExactRunner(
        model=model or Net(),
        work_dir=str(tmp_path / 'run'),
        experiment_name=f'temp{next(NUMBERS)}',
        train_dataloader=dict(
            batch_size=1,
            dataset=[torch.ones(1)] * 3,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=lambda samples: dict(inputs=samples),
        ),
        train_cfg=train_cfg or dict(by_epoch=True, max_epochs=5),
        optim_wrapper=dict(
            optimizer=dict(type='SGD', lr=0.1), accumulative_counts=accumulate
        ),
        default_hooks=dict(
            hub=dict(type='mmssl.PlainMessageHubHook'),
            checkpoint=dict(
                type='mmssl.CheckpointHook', interval=1, by_epoch=False
            ),
        ),
        custom_hooks=[hook],
        default_scope='mmssl',
        log_level='ERROR',
        **more,
    )
    runner.train()
    return runner.model.head.seen, runner


def published(start, end, warmup, epochs):
    """The published procedure: one array for all epochs."""
    return np.concatenate(
        [np.linspace(start, end, warmup), np.ones(epochs - warmup) * end]
    ).tolist()


@pytest.mark.parametrize('warmup', [0, 1, 2, 30])
def test_warmup_temp__is_the_published_array(warmup):
    found = [warmup_temp(k, warmup, 0.04, 0.07) for k in range(40)]
    assert found == pytest.approx(published(0.04, 0.07, warmup, 40), rel=1e-12)
    assert min(found) >= 0.04


def test_run__one_temperature_for_each_epoch(tmp_path):
    hook = TeacherTempHook(start=0.04, end=0.07, epochs=3)
    seen, runner = train(tmp_path, hook)
    want = [t for t in published(0.04, 0.07, 3, 5) for _ in range(3)]
    assert seen == pytest.approx(want, rel=1e-12)
    log = runner.message_hub.get_scalar('train/teacher_temp')
    assert log.data[0].tolist() == pytest.approx(want)


def test_resume__in_the_midst_of_an_epoch(tmp_path):
    hook = dict(type='TeacherTempHook', start=0.04, end=0.07, epochs=4)
    seen, _ = train(tmp_path / 'whole', hook)
    file = tmp_path / 'whole' / 'run' / 'iter_4.pth'
    rest, _ = train(tmp_path / 'rest', hook, load_from=str(file), resume=True)
    assert rest == seen[4:]


@pytest.mark.parametrize('accumulate', [1, 2])
def test_steps__of_the_optimiser(tmp_path, accumulate):
    hook = TeacherTempHook(start=0.04, end=0.07, steps=4)
    loop = dict(by_epoch=False, max_iters=9)
    seen, _ = train(tmp_path, hook, loop, accumulate)
    steps = [i // accumulate for i in range(9)]
    want = published(0.04, 0.07, 4, 9)
    assert seen == pytest.approx([want[step] for step in steps])


def test_run_by_iterations__has_no_epochs(tmp_path):
    loop = dict(by_epoch=False, max_iters=2)
    with pytest.raises(LaunchError, match='TeacherTempHook counts 30 epochs'):
        train(tmp_path, TeacherTempHook(), loop)


def test_model__without_a_head(tmp_path):
    model = Net()
    del model.head.teacher_temp
    with pytest.raises(TypeError, match='Net has no head with a teacher_temp'):
        train(tmp_path, TeacherTempHook(), model=model)


@pytest.mark.parametrize(
    ('changes', 'text'),
    [
        (dict(start=0), 'start must be above 0, got 0: a teacher'),
        (dict(end=-0.1), 'end must be above 0, got -0.1'),
        (dict(epochs=-1), 'epochs must be at least 0, got -1'),
    ],
)
def test_arguments__out_of_range(changes, text):
    with pytest.raises(ValueError, match=text):
        TeacherTempHook(**changes)
