"""Steps that are left out leave nothing in DINO's centre, or anywhere."""

from __future__ import annotations

import itertools

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper

from mmssl.engine import ExactRunner

NUMBERS = itertools.count()
SIZES = ((16, 8), (16, 8), (8, 4))
MODEL = dict(
    type='DINO',
    backbone=dict(
        type='ResNet',
        depth=18,
        stem_channels=4,
        base_channels=4,
        deep_stem=False,
    ),
    neck=dict(
        type='DINONeck',
        in_channels=32,
        hid_channels=8,
        bottleneck_channels=4,
        num_prototypes=6,
    ),
    head=dict(type='DINOHead', num_prototypes=6),
)
GUARD = dict(type='FiniteGuardHook', action='skip', dump_dir=None)


class ScaledWrapper(OptimWrapper):
    """Loss scaling on the CPU; the first scale overflows float32."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.loss_scaler = torch.amp.GradScaler(
            'cpu', init_scale=3e38, backoff_factor=1e-12
        )

    def backward(self, loss, **kwargs):
        self.loss_scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs):
        self.loss_scaler.step(self.optimizer, **kwargs)
        self.loss_scaler.update()


class Watch(Hook):
    """Keep a weight and the head's buffers after each iteration."""

    priority = 'LOWEST'

    def __init__(self):
        self.kept = []

    def after_train_iter(self, runner, *_arguments, **_outputs):
        model = runner.model
        state = dict(model.head.named_buffers(), w=model.neck.mlp[4].weight)
        self.kept.append({k: v.detach().clone() for k, v in state.items()})


def batch(number):
    """Two images; of number None one pixel is nan."""
    rng = torch.Generator().manual_seed(number or 0)
    views = [255 * torch.rand(2, 3, *hw, generator=rng) for hw in SIZES]
    if number is None:
        views[0][1, 2, 3, 4] = float('nan')
    return dict(inputs=views)


def train(tmp_path, numbers, accumulate=1, wrapper=OptimWrapper, hooks=()):
    """Train on batches; return the state at the end, and a Watch."""
    torch.manual_seed(0)
    watch = Watch()
    runner = ExactRunner(
        model=MODEL,
        work_dir=str(tmp_path),
        experiment_name=f'skipped{next(NUMBERS)}',
        train_dataloader=dict(
            batch_size=1,
            dataset=[batch(number) for number in numbers],
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=lambda samples: samples[0],
        ),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=dict(
            type=wrapper,
            optimizer=dict(type='AdamW', lr=0.01),
            accumulative_counts=accumulate,
        ),
        default_hooks=dict(checkpoint=None),
        custom_hooks=[
            dict(type='MomentumTeacherHook', momentum=0.9, end=0.9),
            *hooks,
            watch,
        ],
        default_scope='mmssl',
        log_level='ERROR',
        randomness=dict(seed=0),
    )
    runner.train()
    return runner.model.state_dict(), watch.kept


@pytest.mark.parametrize(
    ('spoilt', 'clean', 'accumulate'),
    [
        ([1, None, 2], [1, 2], 1),
        ([1, 2, 3, None, 4, 5], [1, 2, 4, 5], 2),
        ([1, 2, None, 3, 4, 5], [1, 2, 4, 5], 2),
    ],
)
def test_guard__as_if_the_batches_had_not_been_there(
    spoilt, clean, accumulate, tmp_path
):
    state, _ = train(tmp_path / 'a', spoilt, accumulate, hooks=[GUARD])
    wanted, _ = train(tmp_path / 'b', clean, accumulate, hooks=[GUARD])
    assert wanted['head.center'].abs().max() > 0
    for name, value in wanted.items():
        assert torch.equal(state[name], value), name


@pytest.mark.parametrize('accumulate', [1, 2])
def test_scaler__steps_that_overflow_move_no_centre(accumulate, tmp_path):
    _, kept = train(tmp_path, range(1, 9), accumulate, ScaledWrapper)
    due = kept[accumulate - 1 :: accumulate]
    assert all(float(now['center_count']) == 0 for now in due)
    assert not any(now['center_sum'].any() for now in due)
    taken = [
        not torch.equal(now['w'], before['w'])
        for before, now in zip(due, due[1:])
    ]
    moved = [
        not torch.equal(now['center'], before['center'])
        for before, now in zip(due, due[1:])
    ]
    assert moved == taken
    assert any(taken)
    assert not due[0]['center'].any()  # the first step overflows
    assert float(kept[0]['center_count']) == (4 if accumulate == 2 else 0)


def test_without_guard__nan_never_reaches_the_centre(tmp_path):
    """The scaler leaves the step out; the centre takes the next ones."""
    state, kept = train(
        tmp_path, [1, 2, 3, None, 4, 5, 6], wrapper=ScaledWrapper
    )
    assert all(torch.isfinite(now['center']).all() for now in kept)
    assert all(torch.isfinite(now['center_sum']).all() for now in kept)
    assert torch.equal(kept[3]['center'], kept[2]['center'])
    assert state['head.center'].any()
