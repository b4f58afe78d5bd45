"""The command, as its user runs it after a run of CMP has stopped."""

import math
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import torch
from mmengine.config import Config

from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine.step_dump import write_part
from mmssl.testing.configs import shrink_config
from mmssl.testing.toys import make_toy_flow_list

ROOT = Path(__file__).resolve().parents[3]


def call(*arguments):
    """Run a tool; return status, output, errors."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope='module')
def stopped(tmp_path_factory):
    """A run of CMP whose learning rate is far too high, and how it ended."""
    folder = tmp_path_factory.mktemp('cmp')
    for name, seed in (('train.txt', 0), ('val.txt', 9)):
        make_toy_flow_list(folder, n=4, size=(128, 160), name=name, seed=seed)
    cfg = Config.fromfile(ROOT / 'configs' / 'cmp' / 'cmp_r18_cpu-demo.py')
    cfg = shrink_config(cfg, folder, folder / 'run', iterations=8, size=64)
    cfg.optim_wrapper.optimizer.lr = 1e30
    cfg.param_scheduler = []
    cfg.dump(folder / 'config.py')
    return folder / 'run', call('tools/train.py', folder / 'config.py')


@pytest.mark.slow
def test_train__ends_with_one_line_and_a_dump(stopped):
    run, (status, output, errors) = stopped
    assert status == 1, errors
    last = errors.strip().splitlines()[-1]
    assert last.startswith('error: iteration ')
    assert 'is not finite' in last or 'are not finite' in last
    assert 'Traceback' not in errors
    assert 'train.txt, line ' in output + errors
    (dump,) = (run / 'nan_dumps').iterdir()
    assert f'mmssl replay {dump}' in output + errors


@pytest.mark.slow
def test_replay__reproduces_cmp_to_the_bit(stopped):
    run, _ = stopped
    (dump,) = (run / 'nan_dumps').iterdir()
    status, output, errors = call('tools/misc/replay.py', dump)
    assert status == 0, errors
    assert 'reproduced, to the bit' in output
    assert 'loss_flow' in output
    assert 'inputs.img.0' in output
    assert 'train_00' in output  # file names
    picture = cv2.imread(str(dump / 'batch.png'))
    assert picture.shape == (68, 136, 3)  # two of 64 px, and gaps of 4


@pytest.mark.slow
def test_replay__another_step_is_not_reproduced(stopped, tmp_path):
    run, _ = stopped
    (dump,) = (run / 'nan_dumps').iterdir()
    state = load_checkpoint(dump / 'state.pth')
    part = load_checkpoint(dump / 'rank_0.pth')
    for value in state['state_dict'].values():
        if value.is_floating_point():
            value.fill_(0.01)
    terms = part['batches'][0]['terms']
    part['batches'][0]['terms'] = dict.fromkeys(terms, math.inf)
    part['gradients'] = []
    state['measured']['bad_loss'] = part['bad_loss'] = True
    for value in part['buffers'].values():
        if value.is_floating_point():
            value.copy_(torch.full_like(value, 0.5))
    write_part(state, tmp_path / 'state.pth')
    write_part(part, tmp_path / 'rank_0.pth')
    status, output, errors = call('tools/misc/replay.py', tmp_path)
    assert status == 1, errors
    assert 'not reproduced' in output
    assert 'may be because' in output


@pytest.mark.slow
def test_replay__mistakes_are_one_line(tmp_path):
    status, _, errors = call('tools/misc/replay.py', tmp_path)
    assert status == 1
    assert errors.startswith('error: ')
    assert 'no folder of a dump' in errors
    assert 'Traceback' not in errors
