"""Real signals at every moment of real runs; what is resumed is exact."""

from __future__ import annotations

import copy
import itertools
import json
import os
import signal
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.checkpoints.atomic import CheckpointWriteError
from mmssl.engine import launch
from mmssl.engine.stop_request import RunStopped
from mmssl.registry import DATASETS, HOOKS

TOY = Path(__file__).parents[2] / 'data' / 'toy_run'
CONFIG = TOY / 'toy_config.py'
NUMBERS = itertools.count()


@HOOKS.register_module(force=True)
class SignalHook(Hook):
    """Send this process a signal at one moment of the run.

    Args:
        point: Name of a method of hooks.
        at: Value of ``runner.iter`` then, or the batch of a validation.
        name: Of the signal.
    """

    priority = 'HIGHEST'

    def __init__(self, point, at, name='SIGTERM'):
        self.point, self.at, self.name = point, at, name
        for method in (
            'before_run',
            'before_train_iter',
            'before_save_checkpoint',
            'after_val_iter',
            'after_val_epoch',
        ):
            setattr(self, method, self.at_point(method))

    def at_point(self, method):
        def send(runner, batch_idx=None, **more):
            place = batch_idx if method == 'after_val_iter' else runner.iter
            if (method, place) == (self.point, self.at):
                os.kill(os.getpid(), signal.Signals[self.name])

        return send


@pytest.fixture(autouse=True)
def toy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def train(work_dir, *hooks, resume=None, **options):
    options = {
        'train_cfg.val_interval': 6,
        'default_hooks.checkpoint.interval': 4,
        'default_hooks.checkpoint.max_keep_ckpts': 1,
        'custom_hooks': list(hooks),
        'experiment_name': f'stop{next(NUMBERS)}',
        **copy.deepcopy(options),  # merging takes _delete_ out of it
    }
    return launch.train(
        CONFIG, work_dir=work_dir, resume=resume, cfg_options=options
    )


def entries(work_dir):
    files = sorted(Path(work_dir).glob('*/vis_data/scalars.json'))
    return [
        json.loads(line)
        for file in files
        for line in file.read_text().splitlines()
    ]


def files(work_dir):
    return sorted(f.name for f in Path(work_dir).glob('*.pth'))


def assert_goes_on_exactly(work_dir, **options):
    """Resume, and compare with a run that was not stopped."""
    straight = train('straight', **options)
    resumed = train(work_dir, resume='auto', **options)
    assert resumed.iter == 12
    for name, value in straight.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value)
    errors = [
        {e['step']: e['toy/error'] for e in entries(w) if 'toy/error' in e}
        for w in (work_dir, 'straight')
    ]
    assert errors[0] == errors[1]
    # what the signal left between two epochs went with the next save
    assert len(files(work_dir)) <= 1 + ('by_epoch' in str(options))


@pytest.mark.parametrize(
    ('point', 'at', 'name', 'saved'),
    [
        pytest.param(
            'before_train_iter', 0, 'SIGTERM', 1, marks=pytest.mark.slow
        ),
        ('before_train_iter', 4, 'SIGUSR1', 5),
        pytest.param(
            'before_train_iter', 11, 'SIGTERM', 12, marks=pytest.mark.slow
        ),
        # in the middle of a periodic save: it is not saved twice
        ('before_save_checkpoint', 3, 'SIGTERM', 4),
        ('after_val_iter', 2, 'SIGUSR1', 6),
        pytest.param(
            'after_val_epoch', 6, 'SIGTERM', 6, marks=pytest.mark.slow
        ),
    ],
)
def test_signal__saves_stops_and_goes_on_exactly(point, at, name, saved):
    hook = dict(type='SignalHook', point=point, at=at, name=name)
    with pytest.raises(RunStopped, match=f'{name}.* iteration {saved} of 12'):
        train('run', hook)
    assert files('run') == [f'iter_{saved}.pth']
    assert Path('run/last_checkpoint').read_text().endswith(f'{saved}.pth')
    [log] = Path('run').glob('*/*.log')
    assert 'Go on with the same command and --resume' in log.read_text()
    assert_goes_on_exactly('run')


@pytest.mark.slow
def test_validation__that_was_broken_off_is_made_up_for():
    hook = dict(type='SignalHook', point='after_val_iter', at=2)
    with pytest.raises(RunStopped):
        train('run', hook)
    assert not any('toy/error' in e for e in entries('run'))
    train('run', resume='auto')
    steps = [e['step'] for e in entries('run') if 'toy/error' in e]
    assert steps == [6, 12]


def test_before_training__nothing_to_save():
    hook = dict(type='SignalHook', point='before_run', at=0)
    with pytest.raises(RunStopped, match='nothing to save'):
        train('run', hook)
    assert files('run') == []
    assert_goes_on_exactly('run')


@pytest.mark.slow
def test_epochs__a_checkpoint_in_the_middle_of_one():
    options = {
        'train_cfg': dict(
            _delete_=True, by_epoch=True, max_epochs=4, val_interval=2
        ),
        'train_dataloader.sampler': dict(type='DefaultSampler', shuffle=True),
        'default_hooks.checkpoint.by_epoch': True,
        'default_hooks.checkpoint.interval': 2,
    }
    hook = dict(type='SignalHook', point='before_train_iter', at=7)
    with pytest.raises(RunStopped, match='iteration 8 of 12'):
        train('run', hook, **options)
    assert files('run') == ['epoch_2.pth', 'iter_8.pth']
    assert_goes_on_exactly('run', **options)
    assert files('run') == ['epoch_4.pth']


@pytest.mark.slow
def test_wait_for_data__the_signal_comes_from_a_worker():
    from toy_parts import ToySet

    @DATASETS.register_module(force=True)
    class SignallingSet(ToySet):
        def __getitem__(self, index):
            # a file, since each worker has its own copy of this object
            if index.number == 21 and not Path('sent').exists():
                Path('sent').touch()
                os.kill(os.getppid(), signal.SIGTERM)
            return super().__getitem__(index)

    options = {
        'train_dataloader.dataset.type': 'SignallingSet',
        'train_dataloader.num_workers': 1,
    }
    with pytest.raises(RunStopped):
        train('run', **options)
    assert_goes_on_exactly('run', **options)


def test_full_disk__is_an_error_and_says_so(monkeypatch):
    def full(*args, **kwargs):
        raise CheckpointWriteError('no space')

    hook = dict(type='SignalHook', point='before_train_iter', at=5)
    monkeypatch.setattr('mmssl.engine.runner.write_on_main', full)
    with pytest.raises(CheckpointWriteError, match='no space'):
        train('run', hook)


def test_other_checkpoint_hook__is_no_obstacle():
    hook = dict(type='SignalHook', point='before_train_iter', at=5)
    host = {'default_hooks.checkpoint.type': 'mmengine.CheckpointHook'}
    with pytest.raises(RunStopped, match=r'saved .*iter_6\.pth'):
        train('run', hook, **host)
    assert 'iter_6.pth' in files('run')


def test_handlers__are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    hook = dict(type='SignalHook', point='before_train_iter', at=1)
    with pytest.raises(RunStopped):
        train('run', hook)
    assert signal.getsignal(signal.SIGTERM) is before
