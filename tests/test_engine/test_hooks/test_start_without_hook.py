"""What a run starts from, and what it goes on with."""

from __future__ import annotations

import itertools

import pytest
import torch
from mmengine.model import BaseModel
from torch import nn

from mmssl.engine import ExactRunner
from mmssl.engine.hooks import StartWithoutHook

NUMBERS = itertools.count()


class Net(BaseModel):
    """A part that learns, and a buffer that belongs to a run."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(2, 1)
        self.head = nn.BatchNorm1d(1)
        self.headlight = nn.Linear(1, 1)

    def forward(self, inputs, mode='tensor'):
        out = self.head(self.backbone(torch.stack(inputs)))
        return dict(loss=self.headlight(out).square().mean())


def run(tmp_path, epochs=1, hooks=(), **more):
    runner = ExactRunner(
        model=Net(),
        work_dir=str(tmp_path),
        experiment_name=f'start{next(NUMBERS)}',
        train_dataloader=dict(
            batch_size=4,
            dataset=list(torch.randn(8, 2)),
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=lambda samples: dict(inputs=samples),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.0)),
        default_hooks=dict(
            hub=dict(type='mmssl.PlainMessageHubHook'),
            checkpoint=dict(type='mmssl.CheckpointHook', interval=1),
        ),
        custom_hooks=[dict(hook) for hook in hooks],
        default_scope='mmssl',
        log_level='ERROR',
        **more,
    )
    runner.load_or_resume()
    return runner


def test_start__without_the_head_and_resume__with_it(tmp_path):
    first = run(tmp_path)
    first.train()
    file = str(tmp_path / 'epoch_1.pth')
    want = first.model.state_dict()
    hooks = [
        dict(type='StartWithoutHook', parts=['head', 'headlight.bias']),
        dict(type='LoadReportHook', load_from=0.2),
    ]
    started = run(tmp_path, 2, hooks, load_from=file).model
    fresh = nn.BatchNorm1d(1)
    assert torch.equal(started.backbone.weight, want['backbone.weight'])
    assert torch.equal(started.headlight.weight, want['headlight.weight'])
    assert not torch.equal(started.headlight.bias, want['headlight.bias'])
    assert torch.equal(started.head.running_mean, fresh.running_mean)
    assert started.head.num_batches_tracked == 0
    resumed = run(tmp_path, 2, hooks, load_from=file, resume=True).model
    for name, value in resumed.state_dict().items():
        assert torch.equal(value, want[name]), name
    assert resumed.head.num_batches_tracked == 2


@pytest.mark.parametrize('parts', ['head', []])
def test_parts__that_are_no_list(parts):
    with pytest.raises(ValueError, match='parts must be a list of names such'):
        StartWithoutHook(parts)
