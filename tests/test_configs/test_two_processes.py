"""One process and two give the same loss curve at equal global batch."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toys import make_toy_flow_list

ROOT = Path(__file__).resolve().parents[2]
CMP = 'configs/cmp/cmp_r18_cpu-demo-gn.py'
CMP_OPTIONS = [
    'train_cfg.max_iters=6',
    'param_scheduler.0.end=3',
    'param_scheduler.1.begin=3',
]
SCRL = 'configs/scrl/scrl_r18_cpu-demo.py'
# Crops of nearly all of the image: every image has all of its boxes, so
# that both processes have as many.
SCRL_OPTIONS = [
    'train_cfg.max_epochs=3',
    'default_hooks.checkpoint.interval=3',
    'model.backbone.norm_cfg.type=GN',
    'model.backbone.norm_cfg.num_groups=8',
    'model.neck.norm_cfg.type=LN',
    'model.head.predictor.norm_cfg.type=LN',
    *(
        f'train_dataloader.dataset.pipeline.1.views.{view}.0.scale=(0.9,1.0)'
        for view in (0, 1)
    ),
]


def _train(config, options, processes, data, work_dir):
    """Train 6 steps of a global batch of 4; return the logged losses."""
    options = [
        *options,
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
            config,
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
    return [line for line in lines if 'loss' in line]


def _losses(lines):
    return np.array([line['loss'] for line in lines])


@pytest.mark.slow
def test_demo_without_batch_statistics__two_processes_equal_one(tmp_path):
    data = tmp_path / 'pairs'
    make_toy_flow_list(
        data, n=8, size=(128, 160), name='train.txt', flow_format='flo'
    )
    one = _losses(_train(CMP, CMP_OPTIONS, 1, data, tmp_path / 'one'))
    two = _losses(_train(CMP, CMP_OPTIONS, 2, data, tmp_path / 'two'))
    assert len(one) == 6
    assert len(set(one)) == 6  # it trains
    np.testing.assert_allclose(two, one, rtol=1e-5)


@pytest.mark.slow
def test_scrl_without_batch_statistics__two_processes_equal_one(tmp_path):
    make_toy_images(tmp_path / 'images', n=8)
    lines = {
        n: _train(
            SCRL, SCRL_OPTIONS, n, tmp_path / 'images', tmp_path / f'{n}'
        )
        for n in (1, 2)
    }
    assert len(lines[1]) == 6
    assert len(set(_losses(lines[1]))) == 6
    np.testing.assert_allclose(_losses(lines[2]), _losses(lines[1]), rtol=1e-5)
    assert all(line['pairs'] == 10 for n in (1, 2) for line in lines[n])
    momenta = [[x['teacher_momentum'] for x in lines[n]] for n in (1, 2)]
    assert momenta[0] == momenta[1]
    assert momenta[0][0] == pytest.approx(0.99)
    assert momenta[0][0] < momenta[0][-1] < 1
