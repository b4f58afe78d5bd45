"""Runs whose teacher is computed again from the student's every step."""

from __future__ import annotations

import itertools
import json
import math
from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine import ExactRunner
from mmssl.engine.hooks import MomentumTeacherHook
from mmssl.engine.hooks.momentum_teacher_hook import warn_idle_teacher
from mmssl.models.utils.momentum_teacher import MomentumTeacher

NUMBERS = itertools.count()


class Net(BaseModel):
    """A linear layer and its teacher; some values spoil the loss."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(3, 2)
        self.teacher = MomentumTeacher({'backbone': self.backbone})

    def update_teacher(self, momentum):
        self.teacher.update(momentum)

    def forward(self, inputs, mode='tensor'):
        return dict(loss=self.backbone(torch.stack(inputs)).square().mean())


class ScaledWrapper(OptimWrapper):
    """Loss scaling on the CPU; the first scales overflow float32."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.loss_scaler = torch.amp.GradScaler('cpu', init_scale=3e38)

    def backward(self, loss, **kwargs):
        self.loss_scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs):
        self.loss_scaler.step(self.optimizer, **kwargs)
        self.loss_scaler.update()


class Watch(Hook):
    """Keep weights before and after what other hooks do.

    Args:
        when: priority.
        part: of the model.
    """

    def __init__(self, when, part):
        self.priority, self.part = when, part
        self.kept = []

    def before_train(self, runner):
        if self.part == 'teacher.backbone':
            with torch.no_grad():  # else it is where the student is
                runner.model.teacher.backbone.weight.add_(1.0)
        self.after_train_iter(runner)

    def after_train_iter(self, runner, *_arguments, **_outputs):
        weight = runner.model.get_submodule(self.part).weight
        self.kept.append(weight.detach().double().clone())


def data(count, bad=()):
    numbers = torch.Generator().manual_seed(0)
    samples = 3 * torch.randn(count, 3, generator=numbers)
    for i in bad:
        samples[i, 0] = float('nan')
    return list(samples)


def train(
    tmp_path,
    iterations=7,
    accumulate=1,
    batch_size=2,
    bad=(),
    wrapper=None,
    hook=None,
    hooks=(),
    **changes,
):
    """Train on 2 samples for each iteration.

    Returns:
        Runner; the student's weight before the run and after each iteration,
        and the teacher's likewise.
    """
    torch.manual_seed(1)
    student = Watch('HIGHEST', 'backbone')
    # what logs and saves finds the teacher of the same step
    teacher = Watch('BELOW_NORMAL', 'teacher.backbone')
    optimizer = dict(type='SGD', lr=0.03, **changes.pop('optimizer', {}))
    wrapper = dict(
        type=wrapper or OptimWrapper,
        optimizer=optimizer,
        accumulative_counts=accumulate,
    )
    runner = ExactRunner(
        model=Net(),
        work_dir=str(tmp_path / 'run'),
        experiment_name=f'teacher{next(NUMBERS)}',
        train_dataloader=dict(
            batch_size=batch_size,
            dataset=data(2 * iterations, bad),
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=lambda samples: dict(inputs=samples),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=wrapper,
        default_hooks=dict(
            logger=dict(type='LoggerHook', interval=1),
            checkpoint=dict(
                type='mmssl.CheckpointHook', interval=1, by_epoch=False
            ),
        ),
        custom_hooks=[
            hook or dict(type='MomentumTeacherHook', momentum=0.6),
            student,
            teacher,
            *hooks,
        ],
        default_scope='mmssl',
        log_level='ERROR',
        **changes,
    )
    runner.train()
    return runner, student.kept, teacher.kept


def cosine(step, total, start=0.6, end=1.0):
    return end - (end - start) * (math.cos(math.pi * step / total) + 1) / 2


def assert_follows(students, teachers, momenta):
    """Each teacher from the one before; None: it stays."""
    assert len(teachers) == len(momenta) + 1
    for i, m in enumerate(momenta):
        wanted = teachers[i]
        if m is not None:
            wanted = m * teachers[i] + (1 - m) * students[i + 1]
        torch.testing.assert_close(
            teachers[i + 1], wanted, rtol=1e-6, atol=1e-6
        )
        moved = not torch.equal(teachers[i + 1], teachers[i])
        assert moved == (m is not None), i


def scalars(tmp_path, name):
    (file,) = (tmp_path / 'run').glob('*/vis_data/scalars.json')
    lines = map(json.loads, file.read_text().splitlines())
    return {line['step']: line[name] for line in lines if name in line}


def test_each_step__moves_the_teacher_by_m_once(tmp_path):
    _, students, teachers = train(tmp_path)
    momenta = [cosine(step, 7) for step in range(7)]
    assert_follows(students, teachers, momenta)
    assert momenta[0] == pytest.approx(0.6)
    assert scalars(tmp_path, 'teacher_momentum') == pytest.approx(
        dict(enumerate(momenta, 1))
    )


def test_checkpoint__holds_the_teacher_of_its_step(tmp_path):
    _, _, teachers = train(tmp_path, iterations=3)
    for i in (1, 2, 3):
        file = tmp_path / 'run' / f'iter_{i}.pth'
        weight = load_checkpoint(file)['state_dict']['teacher.backbone.weight']
        assert torch.equal(weight.double(), teachers[i])


def test_accumulation__one_update_a_step_and_one_for_the_rest(tmp_path):
    """7 iterations by 2: steps after 2, 4, 6, and 7."""
    _, students, teachers = train(tmp_path, accumulate=2)
    m = [cosine(step, 4) for step in range(4)]
    assert_follows(
        students, teachers, [None, m[0], None, m[1], None, m[2], m[3]]
    )
    log = scalars(tmp_path, 'teacher_momentum')
    assert {k: log[k] for k in (2, 4, 6, 7)} == pytest.approx(
        dict(zip((2, 4, 6, 7), m))
    )
    assert 1 not in log


def test_accumulation__teacher_as_with_batches_of_twice_the_size(tmp_path):
    """Two batches of 2 and one of 4: the same steps, the same teacher."""
    _, _, two = train(tmp_path / 'two', 8, accumulate=2)
    _, _, four = train(tmp_path / 'four', 8, batch_size=4)
    torch.testing.assert_close(two[2::2], four[1:], rtol=1e-6, atol=1e-6)


def test_skipped_step__of_the_guard_moves_nothing(tmp_path):
    guard = dict(type='FiniteGuardHook', action='skip', dump_dir=None)
    runner, students, teachers = train(tmp_path, bad=[5], hooks=[guard])
    momenta = [cosine(step, 7) for step in range(7)]
    momenta[2] = None  # samples 4 and 5
    assert torch.equal(students[3], students[2])
    assert_follows(students, teachers, momenta)
    assert not runner.optim_wrapper.optimizer._optimizer_step_post_hooks


def test_skipped_step__in_the_midst_of_an_accumulation(tmp_path):
    guard = dict(type='FiniteGuardHook', action='skip', dump_dir=None)
    _, students, teachers = train(
        tmp_path, accumulate=2, bad=[4], hooks=[guard]
    )
    m = [cosine(step, 4) for step in range(4)]
    assert_follows(
        students, teachers, [None, m[0], None, None, None, m[2], m[3]]
    )


@pytest.mark.parametrize('fused', [False, True])
def test_skipped_step__of_a_scaler_moves_nothing(tmp_path, fused):
    """Also where the optimiser itself leaves it out (fused)."""
    _, students, teachers = train(
        tmp_path, wrapper=ScaledWrapper, optimizer=dict(fused=fused)
    )
    taken = [not torch.equal(a, b) for a, b in zip(students, students[1:])]
    assert 0 < sum(taken) < 7
    momenta = [cosine(step, 7) if t else None for step, t in enumerate(taken)]
    assert_follows(students, teachers, momenta)


@pytest.mark.parametrize('accumulate', [1, 2])
def test_skipped_step__the_model_is_told_of_it(
    accumulate, tmp_path, monkeypatch
):
    left = []
    watch = Watch('LOWEST', 'backbone')

    def leave_out_step(model):
        left.append(len(watch.kept) - 1)  # the iteration, from 0

    monkeypatch.setattr(Net, 'leave_out_step', leave_out_step, raising=False)
    _, students, _ = train(
        tmp_path, 8, accumulate, wrapper=ScaledWrapper, hooks=[watch]
    )
    due = range(accumulate - 1, 8, accumulate)
    stays = [i for i in due if torch.equal(students[i], students[i + 1])]
    assert 0 < len(stays) < len(due)
    assert left == stays


def test_end__other_than_one(tmp_path):
    hook = MomentumTeacherHook(momentum=0.6, end=0.2)
    _, students, teachers = train(tmp_path, hook=hook)
    momenta = [cosine(step, 7, end=0.2) for step in range(7)]
    assert_follows(students, teachers, momenta)


@pytest.mark.parametrize('name', ['momentum', 'end'])
def test_arguments__out_of_range(name):
    with pytest.raises(ValueError, match=rf'{name} must be in .*got 1\.01'):
        MomentumTeacherHook(**{name: 1.01})


def test_model__without_a_teacher(tmp_path, monkeypatch):
    monkeypatch.delattr(Net, 'update_teacher')
    with pytest.raises(TypeError, match='Net has no teacher'):
        train(tmp_path)


@pytest.mark.parametrize(
    ('model', 'hooks', 'told'),
    [
        (Net, [], True),
        (Net, [MomentumTeacherHook()], False),
        (lambda: nn.Linear(1, 1), [], False),
    ],
)
def test_warning__if_nothing_moves_the_teacher(model, hooks, told):
    lines = []
    logger = SimpleNamespace(warning=lines.append)
    warn_idle_teacher(
        SimpleNamespace(model=model(), hooks=hooks, logger=logger)
    )
    assert len(lines) == int(told)
    if told:
        assert 'Net has a teacher, but no MomentumTeacherHook' in lines[0]
