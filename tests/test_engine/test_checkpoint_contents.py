"""Against mmengine's own checkpoint, entry by entry."""

from __future__ import annotations

import io

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmssl.engine.checkpoint_contents import checkpoint_contents
from mmssl.testing.runs import differences


class Model(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
        self.norm = torch.nn.BatchNorm1d(1)

    def forward(self, inputs, mode='tensor'):
        return dict(loss=self.norm(self.layer(inputs)).square().sum())


@pytest.fixture
def runner(tmp_path):
    data = DataLoader(
        torch.rand(8, 2), 4, collate_fn=lambda x: dict(inputs=torch.stack(x))
    )
    runner = Runner(
        Model(),
        str(tmp_path),
        train_dataloader=data,
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=0.1)),
        param_scheduler=[
            dict(
                type='OneCycleLR', eta_max=0.2, total_steps=8, by_epoch=False
            ),
            dict(type='StepLR', step_size=2),
        ],
        default_hooks=dict(checkpoint=None, logger=None),
        cfg=Config(dict(note=1)),
        experiment_name=tmp_path.name,
    )
    runner.train()
    return runner


def test_contents__are_those_of_the_host(runner, tmp_path):
    Runner.save_checkpoint(runner, str(tmp_path), 'host.pth')
    host = torch.load(tmp_path / 'host.pth', weights_only=False)
    ours = checkpoint_contents(
        runner, dict(epoch=runner.epoch + 1, iter=runner.iter), True, True
    )
    ours['meta'].pop('time')
    host['meta'].pop('time')
    # functions, which schedulers make anew, stay out
    assert callable(host['param_schedulers'][0].pop('anneal_func'))
    hubs = ours.pop('message_hub'), host.pop('message_hub')
    assert hubs[0].keys() == hubs[1].keys()
    assert differences(ours, host) == []
    assert ours['state_dict']._metadata == host['state_dict']._metadata


def test_contents__resumed_by_a_scheduler(runner):
    ours = checkpoint_contents(runner, dict(epoch=1, iter=2), True, True)
    scheduler = runner.param_schedulers[0]
    wanted = dict(scheduler.state_dict())
    scheduler.last_step = -5
    scheduler.load_state_dict(ours['param_schedulers'][0])
    assert scheduler.state_dict() == wanted


def test_contents__readable_with_weights_only(runner):
    ours = checkpoint_contents(runner, dict(epoch=1, iter=2), True, True)
    del ours['message_hub']  # PlainMessageHubHook's business
    file = io.BytesIO()
    torch.save(ours, file)
    file.seek(0)
    assert differences(torch.load(file, weights_only=True), ours) == []


def test_contents__what_is_not_asked_for(runner):
    ours = checkpoint_contents(runner, dict(epoch=1, iter=2), False, False)
    assert set(ours) == {'meta', 'state_dict', 'message_hub'}
    runner.param_schedulers = None
    ours = checkpoint_contents(runner, dict(epoch=1, iter=2), True, True)
    assert set(ours) == {'meta', 'state_dict', 'message_hub', 'optimizer'}


def test_contents__optimizer_not_built(runner):
    runner.optim_wrapper = dict(type='OptimWrapper')
    with pytest.raises(TypeError, match='not built yet, it is a dict'):
        checkpoint_contents(runner, dict(epoch=1, iter=2), True, True)


def test_contents__later_steps_change_nothing_that_was_collected(runner):
    ours = checkpoint_contents(runner, dict(epoch=1, iter=2), True, True)
    before = ours['param_schedulers'][1]['_global_step']
    runner.param_schedulers[1].step()
    assert ours['param_schedulers'][1]['_global_step'] == before
