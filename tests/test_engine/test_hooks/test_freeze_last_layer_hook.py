"""Runs whose last layer is held, against a plain loop that does the same."""

from __future__ import annotations

import itertools

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine import ExactRunner
from mmssl.engine.hooks.freeze_last_layer_hook import trained_below
from mmssl.engine.run_config import LaunchError

NUMBERS = itertools.count()
LR, DECAY = 0.05, 0.3


class Net(BaseModel):
    """A layer before the last one, whose name is that of DINO's head."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(3, 4)
        self.neck = nn.ModuleDict(dict(last_layer=nn.Linear(4, 2)))

    def forward(self, inputs, mode='tensor'):
        out = self.neck['last_layer'](self.backbone(torch.stack(inputs)))
        return dict(loss=out.square().mean())


class ScaledWrapper(OptimWrapper):
    """Loss scaling on the CPU."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.loss_scaler = torch.amp.GradScaler('cpu', init_scale=256.0)

    def backward(self, loss, **kwargs):
        self.loss_scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs):
        self.loss_scaler.step(self.optimizer, **kwargs)
        self.loss_scaler.update()


def data():
    numbers = torch.Generator().manual_seed(0)
    return list(3 * torch.randn(8, 3, generator=numbers))


def train(tmp_path, batch_size=2, accumulate=1, hook=None, **changes):
    """Train 3 epochs of 8 samples."""
    torch.manual_seed(1)
    wrapper = dict(
        type=changes.pop('wrapper', OptimWrapper),
        optimizer=dict(
            type='AdamW',
            lr=LR,
            weight_decay=DECAY,
            **changes.pop('optimizer', {}),
        ),
        accumulative_counts=accumulate,
        clip_grad=changes.pop('clip_grad', None),
    )
    hooks = [hook or dict(type='FreezeLastLayerHook', epochs=1)]
    runner = ExactRunner(
        model=Net(),
        work_dir=str(tmp_path / 'run'),
        experiment_name=f'freeze{next(NUMBERS)}',
        train_dataloader=dict(
            batch_size=batch_size,
            dataset=changes.pop('samples', None) or data(),
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=lambda samples: dict(inputs=samples),
        ),
        train_cfg=changes.pop('train_cfg', dict(by_epoch=True, max_epochs=3)),
        optim_wrapper=wrapper,
        default_hooks=dict(
            hub=dict(type='mmssl.PlainMessageHubHook'),
            checkpoint=dict(
                type='mmssl.CheckpointHook', interval=1, by_epoch=False
            ),
        ),
        custom_hooks=changes.pop('hooks', hooks),
        default_scope='mmssl',
        log_level='ERROR',
        **changes,
    )
    runner.train()
    return runner


def by_hand(held_steps, batch_size=2):
    """The same with a loop and gradients that are left out."""
    torch.manual_seed(1)
    model = Net()
    adamw = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=DECAY)
    samples = data() * 3
    starts = range(0, len(samples), batch_size)
    for step, first in enumerate(starts):
        adamw.zero_grad()
        model(samples[first : first + batch_size])['loss'].backward()
        if step < held_steps:
            for parameter in model.neck.parameters():
                parameter.grad = None
        adamw.step()
    return model


def assert_same(model, other, exact=True):
    limits = dict(rtol=0, atol=0) if exact else dict(rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(
        dict(model.state_dict()), dict(other.state_dict()), **limits
    )


def test_run__is_the_loop_that_leaves_gradients_out(tmp_path):
    runner = train(tmp_path)
    assert_same(runner.model, by_hand(held_steps=4))
    with pytest.raises(AssertionError):
        assert_same(runner.model, by_hand(held_steps=3))
    assert not runner.optim_wrapper.optimizer._optimizer_step_pre_hooks


def test_held_epoch__neither_gradient_nor_decay_nor_moments(tmp_path):
    runner = train(tmp_path, train_cfg=dict(by_epoch=True, max_epochs=1))
    torch.manual_seed(1)
    fresh = Net()
    last, first = runner.model.neck['last_layer'], runner.model.backbone
    assert torch.equal(last.weight, fresh.neck['last_layer'].weight)
    assert torch.equal(last.bias, fresh.neck['last_layer'].bias)
    assert not torch.equal(first.weight, fresh.backbone.weight)
    state = runner.optim_wrapper.optimizer.state
    assert first.weight in state
    assert not {last.weight, last.bias} & set(state)


@pytest.mark.parametrize('iterations', [2, 4, 6])
def test_resume__goes_on_exactly(tmp_path, iterations):
    whole = train(tmp_path / 'whole')
    file = tmp_path / 'whole' / 'run' / f'iter_{iterations}.pth'
    resumed = train(tmp_path / 'resumed', load_from=str(file), resume=True)
    assert resumed.iter == whole.iter == 12
    assert_same(resumed.model, whole.model)


@pytest.mark.parametrize('iterations', [1, 3, 5])
def test_resume__in_the_midst_of_an_accumulation(tmp_path, iterations):
    whole = train(tmp_path / 'whole', accumulate=2)
    file = tmp_path / 'whole' / 'run' / f'iter_{iterations}.pth'
    resumed = train(
        tmp_path / 'resumed',
        accumulate=2,
        load_from=str(file),
        resume=True,
    )
    assert_same(resumed.model, whole.model)


def test_accumulation__as_with_batches_of_twice_the_size(tmp_path):
    small = train(tmp_path / 'small', accumulate=2)
    large = train(tmp_path / 'large', batch_size=4)
    assert_same(small.model, large.model, exact=False)
    assert_same(large.model, by_hand(held_steps=2, batch_size=4))


@pytest.mark.parametrize('accumulate', [1, 2])
def test_steps__are_those_of_the_optimiser(tmp_path, accumulate):
    hook = dict(type='FreezeLastLayerHook', steps=3)
    runner = train(tmp_path, accumulate=accumulate, hook=hook)
    want = by_hand(held_steps=3, batch_size=2 * accumulate)
    assert_same(runner.model, want, exact=accumulate == 1)


def test_steps__in_a_run_by_iterations(tmp_path):
    hook = dict(type='FreezeLastLayerHook', steps=3)
    loop = dict(by_epoch=False, max_iters=12)
    runner = train(tmp_path, hook=hook, train_cfg=loop)
    assert_same(runner.model, by_hand(held_steps=3))


@pytest.mark.parametrize('fused', [False, True])
def test_scaler__holds_as_well(tmp_path, fused):
    runner = train(
        tmp_path, wrapper=ScaledWrapper, optimizer=dict(fused=fused)
    )
    assert_same(runner.model, by_hand(held_steps=4), exact=False)


def test_guard_and_clipping__beside_the_held_layer(tmp_path):
    """A bad step is left out, and counts; the others are clipped and held."""
    bad = data()
    bad[5] = torch.full((3,), float('nan'))  # of the third step of an epoch
    runner = train(
        tmp_path,
        samples=bad,
        clip_grad=dict(type='parameter', max_norm=0.5),
        wrapper='OptimWrapper',
        hooks=[
            dict(type='FiniteGuardHook', action='skip', dump_dir=None),
            dict(type='FreezeLastLayerHook', epochs=1),
        ],
    )
    torch.manual_seed(1)
    model = Net()
    adamw = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=DECAY)
    for step in range(12):
        if step % 4 == 2:
            continue
        adamw.zero_grad()
        first = 2 * (step % 4)
        model(bad[first : first + 2])['loss'].backward()
        for parameter in model.parameters():
            norm = parameter.grad.norm()
            if norm > 0.5:
                parameter.grad *= 0.5 / (norm + 1e-6)
        if step < 4:
            for parameter in model.neck.parameters():
                parameter.grad = None
        adamw.step()
    assert_same(runner.model, model, exact=False)
    norms = runner.message_hub.get_scalar('train/grad_norm').data[0]
    assert len(norms) == 9
    assert norms.max() > 1  # before clipping


def test_run_by_iterations__has_no_epochs(tmp_path):
    loop = dict(by_epoch=False, max_iters=2)
    with pytest.raises(LaunchError, match='counts 1 epochs, but the run'):
        train(tmp_path, train_cfg=loop)


def test_layer__that_is_not_there(tmp_path):
    model = Net()
    assert list(trained_below(model, 'neck.last_layer')) == [
        'neck.last_layer.weight',
        'neck.last_layer.bias',
    ]
    text = r"no trained parameters below 'head.last'; its parts are backbone, "
    with pytest.raises(ValueError, match=text):
        trained_below(model, 'head.last')
    model.neck.requires_grad_(False)
    with pytest.raises(ValueError, match='no trained parameters below'):
        trained_below(model, 'neck.last_layer')
