import json

import numpy as np
import pytest
import torch
from mmpretrain.models.backbones import ResNet

from mmssl.apis.people_probe import PeopleOptions, people_probe
from mmssl.engine.run_config import LaunchError
from mmssl.probes.benchmark_probe import run_probe
from mmssl.testing.toy_images import write_photo
from mmssl.testing.toy_keypoints import make_toy_keypoints

NET = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)
OPTIONS = dict(backbone=NET, size=(64, 32), device='cpu')


@pytest.fixture(scope='module')
def file(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp('net') / 'net.pth'
    plain = {key: value for key, value in NET.items() if key != 'type'}
    torch.save(ResNet(**plain).state_dict(), path)
    return path


@pytest.fixture(scope='module')
def market(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp('market'), np.random.default_rng(0)
    for place, cameras in (('query', (1,)), ('bounding_box_test', (1, 2))):
        for person in range(1, 6):
            for camera in cameras[: 1 if person == 5 else 2]:
                image = rng.integers(0, 255, (32, 16, 3), dtype=np.uint8)
                name = f'{person:04d}_c{camera}s1_000000_00.jpg'
                write_photo(folder / place / name, image)
    return folder


def test_identity__checkpoint_random_and_none(file, market, tmp_path):
    options = PeopleOptions(seeds=2, **OPTIONS)
    found = people_probe(
        'identity', file, market, beside_random=True, options=options
    )
    assert [row.name for row in found.rows] == [
        'net.pth',
        'random weights',
        'colours by height',
        'chance',
    ]
    net, random, colours, chance = found.rows
    assert [len(row.values['map']) for row in found.rows] == [1, 2, 1, 1]
    assert 0 < net.mean('map') < 100
    assert random.std('map') > 0
    # One of nine pictures, less the own camera's, is right.
    assert chance.mean('rank1') == pytest.approx(100 / 8)
    assert 'rank5' not in colours.values
    told = found.table()
    assert '4 queries, 1 without a match left out' in told
    assert ' +- ' in told
    saved = json.loads(found.save(tmp_path / 'a/b.json').read_text())
    assert saved['rows'][0]['map'] == net.mean('map')
    assert saved['unmatched'] == 1


def test_keypoints__equal_to_the_task_of_the_benchmark(file, tmp_path):
    make_toy_keypoints(tmp_path, n=8)
    make_toy_keypoints(tmp_path, n=4, name='val')
    found = people_probe(
        'keypoints',
        file,
        tmp_path / 'train.json',
        images=tmp_path / 'train',
        val=tmp_path / 'val.json',
        val_images=tmp_path / 'val',
        options=PeopleOptions(l2=0.1, stages=(2, 3), **OPTIONS),
    )
    assert [row.name for row in found.rows] == [
        'net.pth',
        'colour and place',
        'colour',
        'place',
    ]

    def loader(name):
        dataset = dict(
            type='PersonKeypoints',
            ann_file=str(tmp_path / f'{name}.json'),
            img_root=str(tmp_path / name),
            test_mode=True,
            pipeline=[
                dict(type='LoadImageRGB'),
                dict(type='CropPerson', size=(64, 32)),
                dict(type='PackKeypoints'),
            ],
        )
        return dict(batch_size=32, dataset=dataset)

    task = dict(
        benchmark=dict(metric='keypoints_linear_ap'),
        stages=(2, 3),
        probe=dict(
            type='KeypointLinearProbe',
            l2=0.1,
            loader=loader('val'),
            bank_loader=loader('train'),
        ),
    )
    expected = run_probe(task, file, architecture=NET)
    for row, more in zip(
        found.rows, ('', 'colour_and_place_', 'colour_', 'place_')
    ):
        for figure in found.titles:
            key = f'keypoints_linear_{more}{figure}'
            assert row.mean(figure) == pytest.approx(expected[key]), key


def test_mistakes(file, market):
    with pytest.raises(LaunchError, match='protocol must be one of identity'):
        people_probe('pose', file, market)
    with pytest.raises(LaunchError, match='identity takes one folder'):
        people_probe('identity', file, market, val=market)
