"""Whole runs on a disk that is full now and then."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.checkpoints import atomic
from mmssl.checkpoints.atomic import CheckpointWriteError
from mmssl.checkpoints.latest import latest_checkpoint
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine import launch
from mmssl.engine.hooks.checkpoint_hook import CheckpointHook
from mmssl.registry import HOOKS

TOY = Path(__file__).parents[2] / 'data' / 'toy_run'
CONFIG = TOY / 'toy_config.py'
NUMBERS = itertools.count()
BEST = dict(save_best='toy/error', rule='less', interval=4, max_keep_ckpts=1)


class Disk:
    """Filled by the hook below."""

    full = False


DISK = Disk()


@HOOKS.register_module(force=True)
class FullDiskHook(Hook):
    """Fill the disk for some iterations."""

    priority = 'VERY_HIGH'

    def __init__(self, iterations):
        self.iterations = iterations
        self.files = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        DISK.full = runner.iter + 1 in self.iterations
        self.files.append(pths(runner.work_dir))


@pytest.fixture
def disk(monkeypatch):
    """A disk; where it is full, every write ends in the real ENOSPC."""
    if not os.path.exists('/dev/full'):
        pytest.skip('needs /dev/full')
    real = atomic._Remembers
    monkeypatch.setattr(DISK, 'full', False)

    def on_disk(stream):
        if DISK.full:
            return real(open('/dev/full', 'wb', buffering=0))
        return real(stream)

    monkeypatch.setattr(atomic, '_Remembers', on_disk)
    return DISK


@pytest.fixture(autouse=True)
def toy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def train(disk=None, full=(), checkpoint=None, resume=None, **options):
    hooks = []
    if disk is not None:
        hooks = [dict(type='FullDiskHook', iterations=list(full))]
    for name, value in (checkpoint or {}).items():
        options[f'default_hooks.checkpoint.{name}'] = value
    options.update(custom_hooks=hooks, experiment_name=f'hook{next(NUMBERS)}')
    return launch.train(
        CONFIG, work_dir='run', resume=resume, cfg_options=options
    )


def pths(folder='run'):
    """Names of all checkpoints, with temporary ones."""
    files = Path(folder).glob('*')
    return {f.name for f in files if 'pth' in f.name}


def pointer():
    return Path(Path('run/last_checkpoint').read_text()).name


def log():
    [file] = Path('run').glob('*/*.log')
    return file.read_text()


def test_class__is_the_one_that_configs_name():
    assert HOOKS.get('CheckpointHook') is CheckpointHook
    with pytest.raises(ValueError, match='must be -1 '):
        CheckpointHook(max_failed_saves=0)


@pytest.mark.parametrize('keep', [1, 2])
def test_keep__old_ones_go_after_the_new_one_came(disk, keep):
    runner = train(disk, checkpoint=dict(interval=2, max_keep_ckpts=keep))
    steps = list(range(2, 13, 2))
    assert pths() == {f'iter_{i}.pth' for i in steps[-keep:]}
    assert pointer() == 'iter_12.pth'
    assert list(runner.message_hub.get_info('keep_ckpt_ids')) == steps[-keep:]
    [seen] = [h.files for h in runner.hooks if isinstance(h, FullDiskHook)]
    assert all(len(files) >= 1 for files in seen[2:])


def test_full_disk__last_good_one_stays_and_the_run_goes_on(disk):
    runner = train(disk, {8}, dict(interval=4, max_keep_ckpts=1))
    [seen] = [h.files for h in runner.hooks if isinstance(h, FullDiskHook)]
    assert seen[9] == {'iter_4.pth'}
    assert pths() == {'iter_12.pth'}
    assert pointer() == 'iter_12.pth'
    text = log()
    assert 'ERROR' in text
    assert 'run/iter_8.pth could not be written: No space left' in text
    assert 'goes on and tries again' in text
    assert 'run/iter_4.pth (iteration 4)' in text
    hub = load_checkpoint('run/iter_12.pth')['message_hub']['runtime_info']
    assert hub['keep_ckpt_ids'] == [4, 12]  # 8 was never there


def test_full_disk__the_end_of_training_is_an_error(disk):
    with pytest.raises(CheckpointWriteError, match='No space left'):
        train(disk, {8, 12}, dict(interval=4, max_keep_ckpts=1))
    assert pths() == {'iter_4.pth'}
    assert pointer() == 'iter_4.pth'
    assert latest_checkpoint('run').name == 'iter_4.pth'
    assert 'The run stops; the last good' in log()
    DISK.full = False
    # there is room again: nothing of the work is lost but 8 iterations
    assert train(resume='auto').iter == 12
    assert load_checkpoint('run/iter_12.pth')['meta']['iter'] == 12


@pytest.mark.parametrize(('allowed', 'reached'), [(2, 6), (-1, 12)])
def test_full_disk__stops_after_some_failures_in_a_row(disk, allowed, reached):
    options = dict(interval=2, max_failed_saves=allowed)
    with pytest.raises(CheckpointWriteError):
        train(disk, range(3, 13), options)
    assert pths() == {'iter_2.pth'}
    assert log().count('could not be written') == (reached - 2) // 2


def test_best__the_one_before_stays_until_the_new_one_is_there(disk):
    train(disk, {8}, BEST, **{'train_cfg.val_interval': 4})
    first = {'best_toy_error_iter_4.pth', 'iter_4.pth'}
    text = log()
    assert 'the best checkpoint was not saved' in text
    # of iteration 8, nothing; 12 is compared with 4
    best = [n for n in pths() if n.startswith('best')]
    hub = load_checkpoint('run/iter_12.pth')['message_hub']['runtime_info']
    assert best == [Path(hub['best_ckpt']).name]
    assert best[0] in first or best[0] == 'best_toy_error_iter_12.pth'
    assert hub['best_score'] > 0
    assert not [n for n in pths() if '_8.' in n]


def test_best__only_the_newest_is_kept():
    train(checkpoint=BEST, **{'train_cfg.val_interval': 4})
    assert len([n for n in pths() if n.startswith('best')]) == 1
    assert pths() >= {'iter_12.pth'}


def test_best__several_metrics_each_with_its_own():
    both = dict(BEST, save_best=['toy/error', 'toy/count'], rule='less')
    train(checkpoint=both, **{'train_cfg.val_interval': 4})
    names = {n.rsplit('_iter', 1)[0] for n in pths()}
    assert names == {'best_toy_error', 'best_toy_count', 'iter_12.pth'}
    assert 'best_toy_count_iter_4.pth' in pths()  # never less again


def test_published__entries_only():
    train(checkpoint=dict(published_keys=['meta', 'state_dict']))
    [name] = [n for n in pths() if '-' in n]
    assert name.startswith('iter_12-')
    published = load_checkpoint(f'run/{name}')
    assert set(published) == {'meta', 'state_dict'}


def test_start__half_files_and_outdated_ones_of_a_killed_run_go():
    train(checkpoint=dict(interval=4, max_keep_ckpts=1))
    # killed after the new one was written, before the old one was removed
    old = Path('run/iter_8.pth')
    old.write_bytes(b'old')
    half = Path(f'run/.iter_16.pth.host-1{atomic._ENDING}')
    half.write_bytes(b'half')
    longer = {'train_cfg.max_iters': 16}
    train(
        checkpoint=dict(interval=4, max_keep_ckpts=1), resume='auto', **longer
    )
    assert not half.exists()
    assert pths() == {'iter_16.pth'}
