"""A whole measurement of a tiny CMP, and each of its pieces."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine.profiling import measure
from mmssl.engine.profiling.clocks import HostClock
from mmssl.engine.profiling.measure import (
    Loop,
    Settings,
    build_training,
    count_flops,
    endless,
    flat_tensors,
    measure_training,
    random_like,
    run_loop,
)
from mmssl.engine.profiling.step_times import step_report, total
from mmssl.registry import MODELS
from mmssl.testing.configs import shrink_config
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toys import make_toy_flow_list
from mmssl.utils.host import config_file


class Linear(BaseModel):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(3, 5, bias=False)
        self.seen = []

    def forward(self, inputs, data_samples=None, mode='loss'):
        self.seen.append(inputs)
        return dict(loss=self.backbone(inputs).sum())


@pytest.fixture
def linear():
    model = Linear()
    return model, OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))


@pytest.fixture
def cfg(tmp_path):
    MMLogger.get_instance('test', log_level='ERROR')
    make_toy_flow_list(tmp_path, name='train.txt')
    cfg = Config.fromfile(config_file('cmp/cmp_r18_cpu-demo.py'))
    return shrink_config(cfg, tmp_path, tmp_path / 'run', size=64)


@pytest.mark.slow
@pytest.mark.parametrize('accumulate', [1, 2])
def test_measure__tiny_cmp(cfg, accumulate):
    cfg.optim_wrapper.accumulative_counts = accumulate
    cfg.speed = dict(channels_last=True)
    found = measure_training(cfg, Settings(iterations=2, warm_up=1))
    assert found.batch_size == 2
    assert found.shapes == [[2, 3, 64, 64], [2, 4, 64, 64]]
    assert len(found.loop.waits) == len(found.loop.whole) == 2
    assert 0 < found.loop.wait_share < 1
    names = {label.name for label in found.step}
    assert {
        'backbone',
        'neck',
        'motion_encoder',
        'decoder',
        'head',
        'head.loss_module',
        'guidance map',
        'targets',
        'optimizer',
    } <= names
    # on random tensors nothing is left of the input but a call
    assert 'guidance map' not in {label.name for label in found.bound}
    report = step_report(found.step)
    assert sum(report['groups'].values()) == pytest.approx(1)
    assert sum(p['share'] for p in report['parts']) == pytest.approx(1)
    # 3x3 convolutions over maps: billions, not millions
    assert 1e9 < found.flops < 2e10
    assert total(found.bound).cpu > 0


@pytest.mark.slow
def test_measure__teacher_boxes_and_memory(tmp_path):
    """What only SCRL does has rows of its own, the teacher's too."""
    MMLogger.get_instance('test', log_level='ERROR')
    make_toy_images(tmp_path, n=4)
    cfg = Config.fromfile(config_file('scrl/scrl_r18_cpu-demo.py'))
    cfg.train_dataloader.update(
        batch_size=2, num_workers=0, persistent_workers=False
    )
    cfg.train_dataloader.dataset.data_root = str(tmp_path)
    found = measure_training(cfg, Settings(iterations=1, warm_up=1))
    assert found.batch_size == 2
    assert found.shapes == [[2, 3, 96, 96]] * 2
    kinds = {label.name: label.kind for label in found.step}
    for name in ('boxes', 'region', 'pair loss', 'teacher update'):
        assert kinds[name] == 'method', name
    assert kinds['teacher.backbone'] == kinds['backbone'] == 'backbone'
    assert kinds['teacher.neck'] == kinds['neck'] == 'network'
    # 11 M weights twice, their gradients and momenta once more: 180 MiB.
    assert 180 < found.step_memory_mib < 400


@pytest.mark.parametrize('accumulate', [1, 2])
def test_build_training__moves_the_teacher_after_each_step(accumulate):
    @MODELS.register_module(force=True)
    class Followed(Linear):
        moved = 0

        def update_teacher(self, momentum):
            assert 0 < momentum < 1
            self.moved += 1

    wrapper = dict(
        type='OptimWrapper',
        optimizer=dict(type='SGD', lr=0.1),
        accumulative_counts=accumulate,
    )
    cfg = Config(dict(model=dict(type='Followed'), optim_wrapper=wrapper))
    try:
        model, wrapper = build_training(cfg, 'cpu')
    finally:
        MODELS.module_dict.pop('Followed')
    for _ in range(4):
        model.train_step(dict(inputs=torch.ones(1, 3)), wrapper)
    assert model.moved == 4 // accumulate


def test_build_training__applies_speed(cfg):
    cfg.speed = dict(grad_checkpoint=['backbone.layer1'])
    model, wrapper = build_training(cfg, 'cpu')
    assert 'forward' in vars(model.backbone.layer1)
    assert model.training
    assert len(wrapper.optimizer.param_groups[0]['params']) == len(
        list(model.parameters())
    )


def test_count_flops__of_a_product(linear):
    model, wrapper = linear
    batch = dict(inputs=torch.ones(7, 3))
    # forward and the gradient of the weight; the input needs none
    assert count_flops(model, batch, wrapper) == 2 * (2 * 7 * 3 * 5)


def test_run_loop__counts_what_comes_after_the_warm_up(linear, monkeypatch):
    ticks = SimpleNamespace(perf_counter=itertools.count().__next__)
    monkeypatch.setattr(measure, 'time', ticks)
    loader = [dict(inputs=torch.full((1, 3), float(i))) for i in range(2)]
    batches = endless(loader)
    loop = run_loop(
        *linear, batches, Settings(iterations=3, warm_up=1), HostClock()
    )
    assert loop == Loop(waits=[1] * 3, whole=[2] * 3)
    assert loop.wait_share == 0.5
    seen = [int(x[0, 0]) for x in linear[0].seen]
    assert seen == [0, 1, 0, 1]


def test_random_like__floats_only():
    ids = torch.arange(4)
    batch = dict(inputs=[torch.zeros(2, 64, 64), dict(ids=ids)], other=1)
    got = random_like(batch)['inputs']
    assert got[0].mean().abs() < 0.1
    assert 0.9 < got[0].std() < 1.1
    assert torch.equal(got[1]['ids'], torch.arange(4))
    assert len(flat_tensors(batch)) == 2
