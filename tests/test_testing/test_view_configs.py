"""Configs of views, shrunk: data and sizes change, the method does not."""

import copy
from pathlib import Path

import pytest
from mmengine.config import Config

from mmssl.registry import DATASETS
from mmssl.testing.configs import changed_keys, shrink_config
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toy_people import make_toy_people
from mmssl.testing.view_configs import makes_views

FOLDER = Path(__file__).resolve().parents[2] / 'configs'
# Beside data, sizes and lengths nothing may change.
CHANGED = (
    *('work_dir', 'train_dataloader', 'train_cfg.max_epochs'),
    *('param_scheduler', 'default_hooks', 'env_cfg.dist_cfg.backend'),
)


def _config(name):
    return Config.fromfile(FOLDER / f'{name}.py')


def test_makes_views__tells_methods_apart():
    assert makes_views(_config('scrl/scrl_r18_cpu-demo'))
    assert makes_views(_config('scrl/byol_r50_32xb256-200ep_imagenet'))
    assert not makes_views(_config('cmp/cmp_r18_cpu-demo'))


@pytest.mark.parametrize(
    'name',
    [
        'scrl/scrl_r18_cpu-demo',
        'scrl/scrl_r50_32xb256-200ep_imagenet',
        'scrl/ablations/scrl-r50__input-crop',
    ],
)
def test_shrink__changes_size_and_data_alone(name, tmp_path):
    cfg = _config(name)
    before = copy.deepcopy(cfg.to_dict())
    small = shrink_config(cfg, tmp_path, tmp_path / 'run', 2, 64)
    assert cfg.to_dict() == before
    assert not [
        key for key in changed_keys(cfg, small) if not key.startswith(CHANGED)
    ]
    assert small.train_cfg.max_epochs == 2
    make_toy_images(tmp_path, n=5, classes=2)
    dataset = DATASETS.build(small.train_dataloader.dataset)
    assert len(dataset) == small.train_dataloader.batch_size == 4
    sample = dataset[0]
    assert [tuple(v.shape) for v in sample['inputs']] == [(3, 64, 64)] * 2


def test_shrink__probes_read_the_toys_too(tmp_path):
    small = shrink_config(
        _config('scrl/scrl_r50_32xb256-200ep_imagenet'),
        tmp_path,
        tmp_path / 'run',
        iterations=3,
        size=48,
    )
    hook = small.default_hooks.probes
    assert hook.interval == 3
    (probe,) = hook.probes
    assert probe.loader.num_workers == 0
    make_toy_images(tmp_path, n=6, classes=2)
    dataset = DATASETS.build(probe.loader.dataset)
    sample = dataset[1]
    assert [tuple(v.shape) for v in sample['inputs']] == [(3, 48, 48)]
    assert int(sample['data_samples'].gt_label) in (0, 1)
    assert small.param_scheduler[0].warmup == 1


def test_shrink__views_of_people_keep_aspect_and_shares(tmp_path):
    cfg = _config('scrl/scrl_r18_cpu-demo')
    people = _config('_base_/datasets/person_views')
    cfg.train_dataloader.dataset = people.train_dataloader.dataset
    small = shrink_config(cfg, tmp_path, tmp_path / 'run', 2, 64)
    make_toy_people(tmp_path, n=4)
    dataset = DATASETS.build(small.train_dataloader.dataset)
    shapes = [tuple(view.shape) for view in dataset[0]['inputs']]
    assert shapes == [(3, 64, 32)] * 2 + [(3, 32, 16)] * 8
