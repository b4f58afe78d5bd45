"""Whole runs in this process: resumed ones against straight ones.

The kills are in tests/test_configs/test_kill_resume.py.
"""

from __future__ import annotations

import itertools
import logging
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.engine import launch
from mmssl.engine.loops import ExactEpochLoop, ExactIterLoop
from mmssl.engine.run_config import LaunchError
from mmssl.engine.runner import ExactRunner
from mmssl.registry import HOOKS
from mmssl.testing.runs import comparable, differences, logged

PARTS = Path(__file__).parents[1] / 'data' / 'resume_run'
CONFIG = PARTS / 'resume_config.py'
NUMBERS = itertools.count()
EPOCHS = {
    'train_cfg': dict(by_epoch=True, max_epochs=3, val_interval=1),
    'train_dataloader.sampler': dict(type='DefaultSampler', shuffle=True),
    'train_dataloader.dataset.size': 16,
}
SLOW = pytest.mark.slow
AVERAGE = {'custom_hooks': [dict(type='EMAHook', momentum=0.1)]}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Work in an empty folder, with the model and data on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(PARTS))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def config_of(**changes):
    cfg = Config.fromfile(CONFIG)
    cfg.randomness = dict(seed=3)
    for key, value in changes.items():
        *path, last = key.split('.')
        node = cfg
        for part in path:
            node = node[int(part) if part.isdigit() else part]
        node[int(last) if last.isdigit() else last] = value
    return cfg


def train(work_dir, resume=None, **changes):
    """Train under a name of its own: runs of one second would share logs."""
    cfg = config_of(**changes)
    cfg.experiment_name = f'exact{next(NUMBERS)}'
    return launch.train(cfg, work_dir=work_dir, resume=resume)


def assert_resumes(at, last, resumed=None, **changes):
    """Compare a run resumed from ``at`` with the straight run."""
    if not Path('whole').is_dir():
        train('whole', **changes)
    shutil.rmtree('part', ignore_errors=True)
    runner = train('part', f'whole/{at}', **changes, **(resumed or {}))
    whole, part = comparable(f'whole/{last}'), comparable(f'part/{last}')
    assert differences(whole, part) == []
    lines = logged('whole')
    assert logged('part') == lines[-len(logged('part')) :]
    return runner


def notices(caplog):
    return [
        record
        for record in caplog.records
        if 'goes on after iteration' in record.getMessage()
    ]


@pytest.fixture
def log(caplog, monkeypatch):
    """mmengine's loggers, which hand nothing on."""
    make = launch.ExactRunner.build_logger

    def build(self, *args, **kwargs):
        logger = make(self, *args, **kwargs)
        logger.addHandler(caplog.handler)
        logger.setLevel(logging.INFO)
        return logger

    monkeypatch.setattr(launch.ExactRunner, 'build_logger', build)
    return caplog


@pytest.mark.slow
def test_iterations__in_the_midst_of_an_accumulation(log):
    changes = {**AVERAGE, 'optim_wrapper.accumulative_counts': 3}
    for done in (4, 8):
        assert_resumes(f'iter_{done}.pth', 'iter_12.pth', **changes)
    # mmengine would say that the gradients are lost, the checkpoint has them
    texts = [record.getMessage() for record in log.records]
    assert not any('is lost' in text for text in texts)
    assert [record.levelname for record in notices(log)] == ['INFO'] * 2
    assert 'exactly: to the bit' in notices(log)[0].getMessage()


def test_gradients_that_wait__are_in_the_checkpoint():
    runner = train(
        'run',
        **{
            'optim_wrapper.accumulative_counts': 5,
            'train_cfg.max_iters': 7,
            'optim_wrapper.optimizer': dict(type='SGD', lr=0.1),
        },
    )
    runs = [comparable(f'run/iter_{i}.pth') for i in (4, 5, 6)]
    waiting = [run['run_state']['processes'][0]['gradients'] for run in runs]
    names = {n for n, p in runner.model.named_parameters() if p.requires_grad}
    assert [set(each) for each in waiting] == [names, set(), names]
    # the step at iteration 5 is not made before it
    weights = [run['state_dict']['head.weight'] for run in runs]
    assert not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[1], weights[2])


@pytest.mark.parametrize(
    'at',
    [
        pytest.param('iter_2.pth', marks=SLOW),
        'iter_4.pth',
        pytest.param('iter_7.pth', marks=SLOW),
    ],
)
def test_epochs__in_the_middle_and_at_the_end(at):
    epoch_rate = dict(type='StepLR', step_size=1, gamma=0.3)
    runner = assert_resumes(
        at,
        'iter_12.pth',
        dict({'train_dataloader.num_workers': 1} if '7' in at else {}),
        **EPOCHS,
        **{'param_scheduler.1': epoch_rate},
    )
    if '7' in at:
        return  # a worker was asked, in its own process
    done = int(at[5])
    asked = runner.train_dataloader.dataset.asked
    assert len(asked) == (12 - done) * 4  # nothing is read twice


@pytest.mark.slow
def test_epochs__checkpoints_of_epochs_too():
    saves = {
        'default_hooks.checkpoint': dict(type='CheckpointHook', interval=1)
    }
    assert_resumes('epoch_2.pth', 'epoch_3.pth', **EPOCHS, **saves)


@pytest.mark.slow
def test_validation__due_at_the_stop_is_made_up_for():
    whole = train('whole')
    assert 'noisy/error' in logged('whole')[5]
    part = train('part', 'whole/iter_5.pth')
    assert logged('part')[0] == logged('whole')[5]
    for runner in (whole, part):
        assert runner.iter == 12
    other = train('other', **{'train_cfg.val_interval': 12})
    # and it has no effect on training
    assert differences(part.model.state_dict(), other.model.state_dict()) == []


@pytest.mark.slow
def test_saving_within_a_validation__has_the_weights_of_training():
    @HOOKS.register_module(name='SaveInValidation', force=True)
    class SaveInValidation(Hook):
        def after_val_iter(self, runner, batch_idx, data_batch, outputs):
            if batch_idx == 1 and runner.iter == 5:
                meta = dict(epoch=0, iter=runner.iter)
                runner.save_checkpoint('.', 'within.pth', meta=meta)

    hooks = [*AVERAGE['custom_hooks'], dict(type='SaveInValidation')]
    train('whole', custom_hooks=hooks)
    within, before = comparable('within.pth'), comparable('whole/iter_5.pth')
    for key in ('state_dict', 'ema_state_dict', 'run_state'):
        assert differences(within[key], before[key]) == []
    shutil.move('within.pth', 'whole/within.pth')
    assert_resumes('within.pth', 'iter_12.pth', custom_hooks=hooks)


@pytest.mark.slow
def test_no_seed_in_the_config__the_checkpoints_is_taken():
    train('whole')
    resumed = {'randomness': dict(seed=None)}
    assert_resumes('iter_6.pth', 'iter_12.pth', resumed)


@pytest.mark.slow
def test_host_checkpoint__goes_on_and_says_what_is_missing(log):
    train('whole')
    state = torch.load('whole/iter_6.pth', weights_only=True)
    del state['run_state']
    torch.save(state, 'host.pth')
    runner = train('part', 'host.pth')
    assert runner.iter == 12
    (record,) = notices(log)
    assert record.levelname == 'WARNING'
    assert 'the checkpoint holds no state of the run' in record.getMessage()
    # the data goes on all the same
    sampler = runner.train_dataloader.sampler
    draws = list(itertools.islice(sampler, 24))
    assert runner.train_dataloader.dataset.asked == draws


@pytest.mark.slow
def test_other_conditions__named_and_followed(log):
    train('whole')
    runner = train(
        'part',
        'whole/iter_6.pth',
        **{
            'train_dataloader.batch_size': 3,
            'optim_wrapper.accumulative_counts': 2,
            'train_cfg.max_iters': 14,
            'model.init_cfg': dict(type='Constant', layer='Linear', val=0.0),
        },
    )
    assert runner.iter == 14
    (record,) = notices(log)
    found = [line[4:] for line in record.getMessage().splitlines()[1:]]
    assert [text.split(':')[0] for text in found] == [
        'batch_size',
        'accumulation',
        *['config'] * 4,
        'the schedule has changed (scheduler 1',
    ]
    assert found[0].startswith('batch_size: 3 instead of 4')
    assert found[1].startswith('accumulation: [2] instead of [1]')
    assert 'config: train_cfg.max_iters is 14, was 12' in found
    # the next batch begins at the first sample that was not seen
    sampler = runner.train_dataloader.sampler
    assert sampler.start == 24
    asked = runner.train_dataloader.dataset.asked
    assert asked == list(itertools.islice(sampler, 24))


@pytest.mark.slow
def test_longer_run__has_the_schedule_of_a_longer_run():
    train('short')
    train('long', **{'train_cfg.max_iters': 16})
    train('more', 'short/iter_12.pth', **{'train_cfg.max_iters': 16})
    rates = {
        line['step']: line['lr'] for line in logged('long') if 'lr' in line
    }
    found = {
        line['step']: line['lr'] for line in logged('more') if 'lr' in line
    }
    assert sorted(found) == [13, 14, 15, 16]
    for step, rate in found.items():
        assert rate == rates[step], step
    assert len(set(found.values())) == 4


def test_short_run__late_schedulers_are_left_out(log):
    runner = train('run', **{'train_cfg.max_iters': 3})
    assert len(runner.param_schedulers) == 1
    text = 'CosineAnnealingLR begins at iteration 4, training ends at 3'
    assert any(text in record.getMessage() for record in log.records)


def test_light_checkpoint__has_no_state():
    train('run', **{'default_hooks.checkpoint.save_optimizer': False})
    assert 'run_state' not in comparable('run/iter_12.pth')


@pytest.mark.parametrize(
    ('given', 'wanted'),
    [
        (dict(by_epoch=True, max_epochs=1), ExactEpochLoop),
        (dict(type='EpochBasedTrainLoop', max_epochs=1), ExactEpochLoop),
        (dict(by_epoch=False, max_iters=1), ExactIterLoop),
        (dict(type='mmengine.IterBasedTrainLoop', max_iters=1), ExactIterLoop),
    ],
)
def test_loops__the_hosts_are_replaced(given, wanted):
    cfg = config_of(**EPOCHS)
    cfg.train_cfg, cfg.work_dir = given, 'run'
    cfg.experiment_name = f'exact{next(NUMBERS)}'
    runner = ExactRunner.from_cfg(cfg)
    assert type(runner.train_loop) is wanted


def test_endless_sampler__cannot_train_by_epochs():
    with pytest.raises(LaunchError, match='DrawSampler never ends its first'):
        train('run', train_cfg=dict(by_epoch=True, max_epochs=1))


def test_default_hooks__none_switches_any_of_them_off():
    off = dict(checkpoint=None, visualization=None, mine=None)
    runner = train('run', default_hooks=off, **{'train_cfg.max_iters': 1})
    kinds = {type(hook).__name__ for hook in runner.hooks}
    assert 'LoggerHook' in kinds
    assert not {'CheckpointHook', 'ExactCheckpointHook'} & kinds
    assert not list(Path('run').glob('*.pth'))


def test_meta__must_be_a_dict():
    runner = train('run', **{'train_cfg.max_iters': 1})
    with pytest.raises(TypeError, match='meta must be a dict, got list'):
        runner.save_checkpoint('.', 'a.pth', meta=[])
