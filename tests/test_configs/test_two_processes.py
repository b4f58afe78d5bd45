"""One process and two give the same loss curve at equal global batch."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mmssl.testing.toys import make_toy_flow_list

ROOT = Path(__file__).resolve().parents[2]
CONFIG = 'configs/cmp/cmp_r18_cpu-demo-gn.py'


def _train(processes, data, work_dir):
    """Train 6 steps of a global batch of 4; return the logged losses."""
    options = [
        'train_cfg.max_iters=6',
        'param_scheduler.0.end=3',
        'param_scheduler.1.begin=3',
        'default_hooks.logger.interval=1',
        'log_processor.window_size=1',
        f'train_dataloader.batch_size={4 // processes}',
        'train_dataloader.num_workers=0',
        'train_dataloader.persistent_workers=False',
        f'train_dataloader.dataset.data_root={data}',
    ]
    subprocess.run(
        [
            'bash',
            'tools/dist_train.sh',
            CONFIG,
            f'{processes}',
            f'--work-dir={work_dir}',
            '--no-validate',
            '--cfg-options',
            *options,
        ],
        cwd=ROOT,
        env={**os.environ, 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '1'},
        check=True,
        timeout=300,
    )
    (file,) = work_dir.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return np.array([line['loss'] for line in lines if 'loss' in line])


@pytest.mark.slow
def test_demo_without_batch_statistics__two_processes_equal_one(tmp_path):
    data = tmp_path / 'pairs'
    make_toy_flow_list(
        data, n=8, size=(128, 160), name='train.txt', flow_format='flo'
    )
    one = _train(1, data, tmp_path / 'one')
    two = _train(2, data, tmp_path / 'two')
    assert len(one) == 6
    assert len(set(one)) == 6  # it trains
    np.testing.assert_allclose(two, one, rtol=1e-5)
