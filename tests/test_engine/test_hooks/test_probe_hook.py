"""Whole runs with probes: training as without, resumed as never stopped."""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.logging import MessageHub
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.engine import launch
from mmssl.engine.hooks.probe_hook import ProbeHook
from mmssl.registry import HOOKS
from mmssl.testing.configs import shrink_config
from mmssl.testing.runs import comparable, differences, logged
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toys import make_toy_flow_list

PARTS = Path(__file__).parents[2] / 'data' / 'probe_run'
NUMBERS = itertools.count()
EPOCHS = {
    'train_cfg': dict(by_epoch=True, max_epochs=3),
    'train_dataloader.sampler': dict(type='DefaultSampler', shuffle=True),
    'train_dataloader.dataset.size': 16,
    'custom_hooks.0.interval': 2,
}
NAMES = {f'probe/{name}_top1' for name in ('knn', 'knn9', 'linear')}


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


def train(work_dir, resume=None, launcher='none', **changes):
    cfg = Config.fromfile(PARTS / 'probe_config.py')
    cfg.randomness = dict(seed=3)
    for key, value in changes.items():
        *path, last = key.split('.')
        node = cfg
        for part in path:
            node = node[int(part) if part.isdigit() else part]
        node[last] = value
    cfg.experiment_name = f'probe{next(NUMBERS)}'
    return launch.train(
        cfg, work_dir=work_dir, resume=resume, launcher=launcher
    )


def probed(work_dir):
    """Step -> numbers of the probes."""
    return {
        line['step']: {k: v for k, v in line.items() if k in NAMES}
        for line in logged(work_dir)
        if NAMES & set(line)
    }


def weights(path):
    state = comparable(path)['state_dict']
    return {k: v for k, v in state.items() if not k.startswith('online_')}


def test_probe_hook__start_interval_and_end_leave_training_alone():
    runner = train('with')
    found = probed('with')
    assert list(found) == [0, 4, 8, 12]
    assert all(set(numbers) == NAMES for numbers in found.values())
    # colours can be told apart by what has learned something
    assert found[12]['probe/knn_top1'] > 40
    for name, value in found[12].items():
        assert runner.message_hub.get_scalar(name).current() == value
    train('without', custom_hooks=[], **{'model.online_probe': None})
    assert probed('without') == {}
    expected, watched = (
        comparable(f'{run}/iter_12.pth') for run in ('without', 'with')
    )
    last = (weights(f'{run}/iter_12.pth') for run in ('without', 'with'))
    assert differences(*last) == []
    assert (
        differences(
            expected['run_state']['processes'][0]['random'],
            watched['run_state']['processes'][0]['random'],
        )
        == []
    )
    assert watched['probes'] == {'knn,linear': 12}


@pytest.mark.slow
@pytest.mark.parametrize('changes', [{}, EPOCHS], ids=['iters', 'epochs'])
def test_probe_hook__resumed_as_never_stopped(changes):
    train('whole', **changes)
    lines, last = logged('whole'), comparable('whole/iter_12.pth')
    assert list(probed('whole')) == [0, 8, 12] if changes else [0, 4, 8, 12]
    # 8 is the end of an epoch, saved before the epoch's hooks
    for at, steps in ((4, [8, 12]), (6, [8, 12]), (8, [8, 12]), (11, [12])):
        shutil.rmtree('part', ignore_errors=True)
        train('part', f'whole/iter_{at}.pth', **changes)
        again = steps if changes else [step for step in steps if step > at]
        assert list(probed('part')) == again
        assert differences(last, comparable('part/iter_12.pth')) == []
        resumed = logged('part')
        assert resumed == lines[len(lines) - len(resumed) :]


@pytest.mark.slow
def test_probe_hook__what_a_resumed_run_owes():
    train('whole')
    checkpoint = torch.load('whole/iter_8.pth', weights_only=False)
    assert checkpoint['probes'] == {'knn,linear': 8}
    checkpoint['probes'] = {'knn,linear': 4}  # saved, then killed
    torch.save(checkpoint, 'whole/owing.pth')
    train('part', 'whole/owing.pth')
    assert probed('part') == {8: probed('whole')[8], 12: probed('whole')[12]}
    first, second = (comparable(f'{r}/iter_12.pth') for r in ('whole', 'part'))
    assert differences(first['state_dict'], second['state_dict']) == []


@HOOKS.register_module()
class StopHook(Hook):
    """Ends training as a signal does."""

    def after_train_iter(self, runner, *args, **kwargs):
        runner.train_loop.stop_training |= runner.iter + 1 == 6


def test_probe_hook__a_run_that_is_stopped_has_not_ended():
    cfg = Config.fromfile(PARTS / 'probe_config.py')
    train('run', custom_hooks=[cfg.custom_hooks[0], dict(type='StopHook')])
    assert list(probed('run')) == [0, 4]


@pytest.mark.slow
def test_probe_hook__only_at_start_or_end():
    changes = {'custom_hooks.0.interval': 0, 'custom_hooks.0.start': False}
    train('run', **changes)
    assert list(probed('run')) == [12]


def test_probe_hook__epochs_in_a_run_by_iterations():
    with pytest.raises(ValueError, match='set by_epoch=False and interval'):
        train('run', **{'custom_hooks.0.by_epoch': True})


class Constant:
    """A probe with one number."""

    def __init__(self, name='constant'):
        self.name = name

    def prepare(self):
        """Nothing."""

    def measure(self, model):
        return {self.name: 1.0}


@pytest.mark.parametrize(
    ('probes', 'interval', 'text'),
    [
        ([], 1, r'at least one'),
        ([Constant(), Constant()], 1, r"\['constant', 'constant'\] and 1"),
        ([Constant()], -1, 'and -1'),
    ],
)
def test_probe_hook__out_of_range(probes, interval, text):
    with pytest.raises(ValueError, match=text):
        ProbeHook(probes, interval)


class Drawing(Constant):
    """A probe that draws random numbers."""

    def measure(self, model):
        return {self.name: torch.rand(1).item()}


def test_measure__in_a_runner_of_mmengine():
    """It has no beside_training; random states come back all the same."""
    runner = SimpleNamespace(
        model=torch.nn.Identity(),
        logger=logging.getLogger('probe'),
        message_hub=MessageHub('probe'),
        visualizer=SimpleNamespace(
            add_scalars=lambda scalars, step: logged.append((step, scalars))
        ),
    )
    logged, state = [], torch.get_rng_state()
    found = ProbeHook([Drawing('drawn')]).measure(runner, 7)
    assert torch.equal(torch.get_rng_state(), state)
    assert logged == [(7, {'probe/drawn': found['drawn']})]


def run_process(rank, port, work_dir, resume, monkeypatch):
    """One of two processes of a run."""
    numbers = dict(RANK=rank, LOCAL_RANK=rank, WORLD_SIZE=2)
    place = dict(MASTER_ADDR='127.0.0.1', MASTER_PORT=port)
    for name, value in {**numbers, **place}.items():
        monkeypatch.setenv(name, str(value))
    train(work_dir, resume, 'pytorch')


def run_two(work_dir, resume, monkeypatch):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    next(NUMBERS)
    context = multiprocessing.get_context('fork')
    processes = [
        context.Process(
            target=run_process,
            args=(rank, port, work_dir, resume, monkeypatch),
        )
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
    states = [process.exitcode for process in processes]
    for process in processes:
        process.kill()
    assert states == [0, 0]


@pytest.mark.slow
def test_probe_hook__two_processes_each_its_share(monkeypatch):
    train('one', **{'train_dataloader.batch_size': 8})
    run_two('two', None, monkeypatch)
    assert list(probed('two')) == [0, 4, 8, 12]
    # the same untrained network, whoever looks at which image
    assert probed('two')[0] == probed('one')[0]
    run_two('part', 'two/iter_5.pth', monkeypatch)
    assert probed('part') == {k: probed('two')[k] for k in (8, 12)}
    whole, part = (comparable(f'{r}/iter_12.pth') for r in ('two', 'part'))
    assert differences(whole, part) == []


@pytest.mark.slow
def test_probe_hook__cmp_with_images_that_have_classes(tmp_path):
    root = Path(__file__).parents[3]
    make_toy_flow_list(tmp_path / 'pairs', n=4, size=(128, 160))
    make_toy_flow_list(
        tmp_path / 'pairs', n=2, size=(128, 160), name='val.txt'
    )
    make_toy_images(tmp_path / 'photos', n=18, classes=3)
    cfg = Config.fromfile(root / 'configs' / 'cmp' / 'cmp_r18_cpu-demo.py')
    cfg = shrink_config(cfg, tmp_path / 'pairs', 'cmp')
    folder = dict(
        type='ImageFolder',
        data_root=str(tmp_path / 'photos'),
        labels='folders',
        test_mode=True,
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='ResizeView', size=72),
            dict(type='CropView', size=64),
            dict(type='PackViews'),
        ],
    )
    loader = dict(batch_size=4, dataset=folder)
    cfg.custom_hooks = [
        dict(type='CollapseHook', interval=2),
        dict(type='ProbeHook', probes=[dict(type='KnnProbe', loader=loader)]),
    ]
    launch.train(cfg)
    found = {
        line['step']: line['probe/knn_top1']
        for line in logged('cmp')
        if 'probe/knn_top1' in line
    }
    assert list(found) == [0, 1, 2]
    assert all(0 <= value <= 100 for value in found.values())
    last = [line for line in logged('cmp') if 'loss_flow' in line][-1]
    # the neck keeps 256 channels of 2 images: two directions
    assert 1 <= last['collapse_projection_rank'] <= 2.01
    assert 0 < last['collapse_backbone_std'] < 1 / 512**0.5
