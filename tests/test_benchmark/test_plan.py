"""Which jobs there are."""

from pathlib import Path

import pytest

from mmssl.benchmark.plan import (
    Task,
    job_folder,
    make_specs,
    read_seeds,
    with_random_twins,
)
from mmssl.benchmark.store import Stored

R18 = dict(type='ResNet', depth=18)
TASKS = [
    Task('parsing', 'a.py', metric='mIoU', cfg_options={'x.y': 1}),
    Task('detection', 'mmdet::b.py'),
]
BACKBONES = [
    Stored('random ResNet-18', None, R18),
    Stored('mine', 'exports/mine-0123.pth', R18),
]


def test_specs__first_seed_of_everything_comes_first(tmp_path):
    specs = make_specs(tmp_path, TASKS, BACKBONES, [4, 2], device='cpu')
    assert [(s.seed, s.task, s.backbone.name) for s in specs] == [
        (seed, task, name)
        for seed in (4, 2)
        for task in ('parsing', 'detection')
        for name in ('random ResNet-18', 'mine')
    ]
    assert len({spec.work_dir for spec in specs}) == 8
    first, second = specs[:2]
    assert first.backbone.file is None
    assert first.backbone.config == second.backbone.config == R18
    assert second.backbone.file == 'exports/mine-0123.pth'
    assert first.metric == 'mIoU'
    assert first.cfg_options == {'x.y': 1}
    assert first.device == 'cpu'
    assert Path(first.work_dir) == job_folder(
        tmp_path, 'parsing', 'random ResNet-18', 4
    )
    assert specs[2].config == 'mmdet::b.py'


@pytest.mark.parametrize(
    ('tasks', 'backbones', 'seeds', 'told'),
    [
        ([], BACKBONES, [0], 'there is no task'),
        (TASKS, [], [0], 'there is no backbone'),
        (TASKS, BACKBONES, [], 'there is no seed'),
        ([*TASKS, TASKS[0]], BACKBONES, [0], "task 'parsing' is asked for"),
        (TASKS, BACKBONES, [1, 1], "seed '1' is asked for twice"),
    ],
)
def test_specs__nothing_or_twice(tasks, backbones, seeds, told):
    with pytest.raises(ValueError, match=told):
        make_specs(Path('out'), tasks, backbones, seeds)


def test_twins__one_for_each_distinct_architecture():
    other = dict(type='SwinTransformer', strides=[4, 2, 2])
    strided = dict(other, strides=[4, 2, 1])
    given = [
        Stored('a', 'a.pth', R18, 'ResNet-18'),
        Stored('b', 'b.pth', R18, 'ResNet-18'),
        Stored('c', 'c.pth', other, 'Swin'),
        Stored('d', 'd.pth', strided, 'Swin'),
    ]
    found = with_random_twins(given)
    assert [(b.name, b.file) for b in found] == [
        ('random ResNet-18', None),
        ('random Swin', None),
        ('random Swin #2', None),
        *((b.name, b.file) for b in given),
    ]
    assert found[2].config == strided


@pytest.mark.parametrize(
    ('words', 'seeds'),
    [(['1'], [0]), (['3'], [0, 1, 2]), (['9', '0'], [9, 0])],
)
def test_seeds(words, seeds):
    assert read_seeds(words) == seeds


@pytest.mark.parametrize(
    ('words', 'told'),
    [
        (['0'], 'must be 1 to 1000, got 0'),
        (['2000'], 'must be 1 to 1000, got 2000'),
        (['a'], 'takes a number of seeds, or seeds'),
        (['1', '-2'], 'a seed must be >= 0, got -2'),
    ],
)
def test_seeds__mistakes(words, told):
    with pytest.raises(ValueError, match=told):
        read_seeds(words)
