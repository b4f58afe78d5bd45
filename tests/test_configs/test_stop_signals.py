"""Signals and a full disk, to real processes started as users start them."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmssl.checkpoints.latest import latest_checkpoint, why_unusable
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.testing.toys import make_toy_flow_list

ROOT = Path(__file__).resolve().parents[2]
TOY = ROOT / 'tests' / 'data' / 'toy_run'
DEMO = ROOT / 'configs' / 'cmp' / 'cmp_r18_cpu-demo.py'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(resource, 'prlimit'), reason='needs Linux'),
]


class Training:
    """``mmssl train`` in a session of its own, ended with the test."""

    def __init__(self, folder, config, *arguments, **options):
        self.work_dir = folder / 'run'
        self.output = folder / 'output.txt'
        command = [
            sys.executable,
            str(ROOT / 'tools' / 'train.py'),
            str(config),
            f'--work-dir={self.work_dir}',
            *arguments,
            '--cfg-options',
            *(f'{key}={value}' for key, value in options.items()),
        ]
        paths = [str(ROOT), str(TOY)]
        with self.output.open('a') as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={
                    **os.environ,
                    'PYTHONPATH': os.pathsep.join(paths),
                    'CUDA_VISIBLE_DEVICES': '',
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def text(self):
        return self.output.read_text()

    def wait_for(self, condition):
        """Wait until a condition holds; the run must not end before."""
        end = time.monotonic() + 120
        while not condition():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end, self.text()
            time.sleep(0.02)

    def checkpoint_above(self, iteration):
        """Wait for a checkpoint, so that training is under way."""

        def there():
            files = self.work_dir.glob('iter_*.pth')
            return any(int(f.stem.split('_')[1]) > iteration for f in files)

        self.wait_for(there)


def children(pid):
    return Path(f'/proc/{pid}/task/{pid}/children').read_text().split()


def toy(folder, *arguments, **options):
    options = {
        'train_cfg.max_iters': 10**6,
        'train_cfg.val_interval': 10**6,
        'train_dataloader.num_workers': 2,
        'train_dataloader.persistent_workers': True,
        'optim_wrapper.optimizer.lr': 1e-4,
        'default_hooks.checkpoint.interval': 25,
        'default_hooks.checkpoint.max_keep_ckpts': 1,
        'default_hooks.logger.interval': 10**6,
        **options,
    }
    return Training(folder, TOY / 'toy_config.py', *arguments, **options)


def finish(training):
    with training:
        assert training.process.wait(timeout=120) == 0, training.text()


def assert_stopped(training, name, timeout=60):
    """The run ends with status 0 and leaves one good, newest checkpoint."""
    assert training.process.wait(timeout) == 0, training.text()
    text = training.text()
    assert f'{name}: the run stops after iteration' in text
    assert 'Traceback' not in text
    assert 'killed by signal' not in text
    last = latest_checkpoint(training.work_dir)
    assert why_unusable(last) is None
    done = load_checkpoint(last)['meta']['iter']
    assert f'iteration {done} of' in text
    assert not list(training.work_dir.glob('.*-tmp'))
    return done


def test_whole_group__workers_outlive_it_and_what_is_resumed_is_exact(
    tmp_path,
):
    """Slurm sends the signal to every process of a job."""
    with toy(tmp_path) as training:
        training.checkpoint_above(20)
        os.killpg(training.process.pid, signal.SIGTERM)
        done = assert_stopped(training, 'SIGTERM')
    end = {'train_cfg.max_iters': done + 5}
    finish(toy(tmp_path, '--resume', **end))
    (tmp_path / 'straight').mkdir()
    finish(toy(tmp_path / 'straight', **end))
    one, other = (
        load_checkpoint(folder / 'run' / f'iter_{done + 5}.pth')
        for folder in (tmp_path, tmp_path / 'straight')
    )
    for name, value in one['state_dict'].items():
        assert value.equal(other['state_dict'][name])


def test_two_processes__a_signal_to_the_second_stops_both(tmp_path):
    with toy(tmp_path, '--processes=2') as training:
        training.checkpoint_above(20)
        second = int(children(training.process.pid)[1])
        assert b'RANK=1' in Path(f'/proc/{second}/environ').read_bytes()
        os.kill(second, signal.SIGUSR1)
        assert_stopped(training, 'SIGUSR1')


def test_two_processes__a_signal_to_the_one_that_started_them(tmp_path):
    with toy(tmp_path, '--processes=2') as training:
        training.checkpoint_above(20)
        training.process.send_signal(signal.SIGTERM)
        assert_stopped(training, 'SIGTERM')


def test_demo__within_10_s(tmp_path):
    """The real network with its data workers, signalled as a group."""
    data = tmp_path / 'pairs'
    for name in ('train.txt', 'val.txt'):
        make_toy_flow_list(
            data, n=4, size=(128, 160), name=name, flow_format='flo'
        )
    loaders = ('train', 'val', 'test')
    options = {
        f'{name}_dataloader.dataset.data_root': data for name in loaders
    }
    options['default_hooks.checkpoint.interval'] = 2
    with Training(tmp_path, DEMO, **options) as training:
        training.checkpoint_above(1)
        os.killpg(training.process.pid, signal.SIGTERM)
        assert_stopped(training, 'SIGTERM', timeout=10)


def test_full_disk__the_run_outlives_it(tmp_path):
    """No file of the run may grow; later there is room again."""
    options = {
        'model.width': 20000,
        'optim_wrapper.optimizer.lr': 1e-7,
        'default_hooks.checkpoint.interval': 50,
        'default_hooks.checkpoint.max_failed_saves': -1,
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False,
    }
    with toy(tmp_path, **options) as training:
        training.checkpoint_above(40)
        limit(training.process.pid, 100_000)
        good = latest_checkpoint(training.work_dir)
        training.wait_for(
            lambda: training.text().count('that was not saved') >= 2
        )
        failed = latest_checkpoint(training.work_dir)
        assert why_unusable(failed) is None
        assert int(failed.stem[5:]) >= int(good.stem[5:])
        limit(training.process.pid, resource.RLIM_INFINITY)
        training.checkpoint_above(int(failed.stem[5:]) + 50)
        training.process.send_signal(signal.SIGTERM)
        assert_stopped(training, 'SIGTERM')
    assert len(list(training.work_dir.glob('*.pth'))) == 1


def test_full_disk__stops_after_three_failures(tmp_path):
    options = {
        'model.width': 20000,
        'optim_wrapper.optimizer.lr': 1e-7,
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False,
    }
    with toy(tmp_path, **options) as training:
        training.checkpoint_above(20)
        limit(training.process.pid, 100_000)
        assert training.process.wait(timeout=60) == 1
    text = training.text()
    assert text.count('that was not saved') == 3
    assert 'error: ' in text.splitlines()[-1]
    assert 'Traceback' not in text
    assert why_unusable(latest_checkpoint(training.work_dir)) is None


def limit(pid, size):
    """Let no file of a process grow over a size, in bytes."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
