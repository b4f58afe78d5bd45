"""Configs through the real Runner, on toy pairs of known flow."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmssl.engine.launch import evaluate, train
from mmssl.testing.configs import shrink_config
from mmssl.testing.toys import make_toy_flow_list, make_toy_frames

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'cmp'

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def pairs(tmp_path_factory):
    """Six pairs to train on and two to validate on."""
    folder = tmp_path_factory.mktemp('pairs')
    make_toy_flow_list(folder, n=6, size=(128, 160), name='train.txt')
    make_toy_flow_list(folder, n=2, size=(128, 160), name='val.txt', seed=9)
    return folder


@pytest.fixture(scope='module')
def videos(tmp_path_factory):
    """Two frame folders: content drifts by exactly 3 and 2 px per frame."""
    folder = tmp_path_factory.mktemp('videos')
    for split, speed in (('train', 3), ('val', 2)):
        make_toy_frames(
            folder / split / 'clip', n=4, size=(128, 160), speed=speed
        )
    return folder


def _config(name, data, work_dir, **options):
    cfg = Config.fromfile(FOLDER / f'{name}.py')
    return shrink_config(cfg, data, work_dir, **options)


def _weights(work_dir, iteration):
    path = Path(work_dir) / f'iter_{iteration}.pth'
    return torch.load(path, weights_only=True)['state_dict']


def _scalars(work_dir):
    (file,) = Path(work_dir).glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    losses = {s['step']: s['loss'] for s in lines if 'loss' in s}
    validation = [s for s in lines if 'flow/EPE' in s]
    return losses, validation


def _check_validation(work_dir, iteration):
    """Check the numbers of the one validation of a run."""
    _, (result,) = _scalars(work_dir)
    assert result['step'] == iteration
    assert np.isfinite(result['flow/loss'])
    better = 100 * (1 - result['flow/EPE'] / result['flow/EPE_zero'])
    assert result['flow/improvement_over_zero'] == pytest.approx(better)
    return result


@pytest.mark.parametrize(
    'name',
    [
        'cmp_r18_cpu-demo',
        'cmp_alexnet_16xb12-70k_yfcc',
        'ablations/cmp-r50__backbone-swin-t',
    ],
)
def test_config__trains_and_validates(name, pairs, tmp_path):
    cfg = _config(name, pairs, tmp_path)
    train(cfg)
    losses, _ = _scalars(tmp_path)
    assert sorted(losses) == [1, 2]
    assert np.isfinite(list(losses.values())).all()
    result = _check_validation(tmp_path, 2)
    # The toy's disc moves 4 px, and covers a small part of the image.
    assert 0 < result['flow/EPE_zero'] < 2
    # Guidance says something, so filling it in beats saying nothing.
    assert result['flow/EPE_nearest'] != result['flow/EPE_zero']
    panels = list(tmp_path.glob('*/vis_data/vis_image/val_flow_*.png'))
    every = cfg.default_hooks.visualization.get('every', 1)
    assert len(panels) == len(range(0, 2, every))


def test_online_config__computes_the_flow_of_videos(videos, tmp_path):
    train(_config('cmp_r50_1xb32-20k_online', videos, tmp_path, iterations=1))
    result = _check_validation(tmp_path, 1)
    # Everything moves 2 px, but for what enters at the border.
    assert result['flow/EPE_zero'] == pytest.approx(2, abs=0.3)


def test_resume__goes_on_exactly_where_it_stopped(pairs, tmp_path):
    def config(folder):
        cfg = _config('cmp_r18_cpu-demo-gn', pairs, folder, iterations=4)
        cfg.default_hooks.checkpoint.update(interval=2, max_keep_ckpts=-1)
        return cfg

    whole, rest = tmp_path / 'whole', tmp_path / 'rest'
    train(config(whole))
    train(config(rest), resume=str(whole / 'iter_2.pth'))
    start, one, two = (
        _weights(whole, 2),
        _weights(whole, 4),
        _weights(rest, 4),
    )
    assert one.keys() == two.keys()
    for key in one:
        assert torch.equal(one[key], two[key]), key
    assert any(not torch.equal(start[key], one[key]) for key in one)
    losses, resumed = _scalars(whole)[0], _scalars(rest)[0]
    assert sorted(resumed) == [3, 4]
    for step, loss in resumed.items():
        assert loss == losses[step]


def test_test__repeats_the_validation_of_the_run(pairs, tmp_path):
    name = 'cmp_r18_cpu-demo'
    train(_config(name, pairs, tmp_path / 'run'))
    validated = _check_validation(tmp_path / 'run', 2)
    metrics = evaluate(
        _config(name, pairs, tmp_path / 'test'),
        tmp_path / 'run' / 'iter_2.pth',
    )
    for key in ('flow/EPE', 'flow/EPE_zero', 'flow/EPE_nearest', 'flow/loss'):
        assert metrics[key] == pytest.approx(validated[key], rel=1e-5)
