"""Every condition that changes results is named, nothing else is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch.utils.data import DataLoader

from mmssl.engine import resume_notice
from mmssl.engine.resume_notice import (
    conditions,
    differences,
    flat_config,
    notice,
)

CONFIG = dict(
    model=dict(type='Net', widths=[1, 2]),
    train_dataloader=dict(
        batch_size=4,
        num_workers=2,
        dataset=dict(type='Set', data_root='a', pipeline=[dict(type='Flip')]),
        sampler=dict(type='DrawSampler', seed=3),
    ),
    train_cfg=dict(max_iters=9, val_interval=3),
    custom_hooks=[dict(type='mmssl.BadDataHook', limit=1)],
    randomness=dict(seed=1),
    work_dir='here',
    default_hooks=dict(logger=dict(interval=5)),
)


def test_flat_config__what_decides_results():
    assert flat_config(Config(CONFIG)) == {
        'model.type': "'Net'",
        'model.widths.0': '1',
        'model.widths.1': '2',
        'train_dataloader.batch_size': '4',
        'train_dataloader.dataset.type': "'Set'",
        'train_dataloader.dataset.pipeline.Flip.type': "'Flip'",
        'train_dataloader.sampler.type': "'DrawSampler'",
        'train_cfg.max_iters': '9',
    }


def test_flat_config__hooks_by_name():
    hooks = [dict(type='mmssl.A', x=1), dict(type='B')]
    assert flat_config(dict(custom_hooks=hooks)) == {
        'custom_hooks.A.type': "'mmssl.A'",
        'custom_hooks.A.x': '1',
        'custom_hooks.B.type': "'B'",
    }
    twice = flat_config(dict(custom_hooks=[dict(type='A'), dict(type='A')]))
    assert list(twice) == ['custom_hooks.0.type', 'custom_hooks.1.type']


def test_conditions__of_a_run():
    weight = torch.nn.Parameter(torch.zeros(1))
    runner = SimpleNamespace(
        cfg=Config(CONFIG),
        train_loop=SimpleNamespace(),
        train_dataloader=DataLoader(range(10), 4),
        optim_wrapper=OptimWrapper(
            torch.optim.SGD([weight], 1), accumulative_counts=3
        ),
    )
    found = conditions(runner)
    assert found.pop('config') == flat_config(CONFIG)
    assert found == dict(
        processes=1,
        batch_size=4,
        accumulation=[3],
        samples=10,
        device=found['device'],
        torch=torch.__version__.split('+')[0],
        numpy=np.__version__,
        threads=torch.get_num_threads(),
        loop='SimpleNamespace',
    )
    if not torch.cuda.is_available():
        assert found['device'] == 'cpu'


@pytest.mark.parametrize('name', resume_notice._WHY)
def test_differences__each_condition(name):
    before = dict.fromkeys(resume_notice._WHY, 'old')
    assert differences(before, dict(before)) == []
    (text,) = differences(before, dict(before, **{name: 'new'}))
    assert text.startswith(f'{name}: new instead of old (')


def test_differences__an_older_checkpoint_knows_less():
    assert differences(dict(threads=1), dict(threads=1, device='cpu')) == []


def test_differences__keys_of_the_config():
    before = {'model.width': '1', 'model.old': '2', 'same': '3'}
    now = {'model.width': '4', 'model.new': '5', 'same': '3'}
    assert differences(dict(config=before), dict(config=now)) == [
        'config: model.new is 5, was nothing',
        'config: model.old is nothing, was 2',
        'config: model.width is 4, was 1',
    ]
    # said once, as a condition
    batch = {'train_dataloader.batch_size': '2'}
    assert differences(dict(config=batch), dict(config={})) == []
    many = {f'model.{i:02d}': '1' for i in range(11)}
    found = differences(dict(config=many), dict(config={}))
    assert len(found) == 9
    assert found[-1] == 'config: and 3 more keys'


def test_notice__in_words():
    assert notice(7, [], 'cpu') == (
        False,
        'goes on after iteration 7, exactly: to the bit on this CPU',
    )
    warns, text = notice(7, [], 'this GPU')
    assert not warns
    assert 'as exact as the kernels of this GPU' in text
    warns, text = notice(7, ['a: 1', 'b: 2'], 'cpu')
    assert warns
    assert text.splitlines()[1:] == ['  - a: 1', '  - b: 2']
    assert 'not exactly' in text


def test_flat_config__hooks_that_change_no_result():
    hooks = [
        dict(type='mmssl.ThroughputHook', window=5),
        dict(type='LoadReportHook', resume=0.5),
        dict(type='FiniteGuardHook', interval=2),
    ]
    assert flat_config(dict(custom_hooks=hooks)) == {
        'custom_hooks.FiniteGuardHook.type': "'FiniteGuardHook'",
        'custom_hooks.FiniteGuardHook.interval': '2',
    }
