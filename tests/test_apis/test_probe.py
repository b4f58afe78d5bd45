"""A whole probe on toys: images with classes, and boxes, of three colours."""

import json

import cv2
import numpy as np
import pytest
import torch
import torchvision

from mmssl.apis.probe import (
    ProbeOptions,
    ProbeResult,
    _is_fast,
    probe,
)
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine.run_config import LaunchError
from mmssl.evaluation.class_accuracy import ClassAccuracy

COLOURS = np.array([[220, 40, 40], [40, 200, 60], [50, 60, 220]])
SMALL = dict(size=64, workers=0)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp('weights') / 'resnet18.pth'
    torch.save(torchvision.models.resnet18().state_dict(), path)
    return path


def noise(rng, height, width):
    return rng.integers(90, 160, (height, width, 3)).astype(np.uint8)


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    """Eight training images of each colour, four of validation."""
    folder = tmp_path_factory.mktemp('photos')
    rng = np.random.default_rng(0)
    for split, number in (('train', 8), ('val', 4)):
        for kind, colour in enumerate(COLOURS):
            (folder / split / f'kind{kind}').mkdir(parents=True)
            for i in range(number):
                image = noise(rng, 70, 80) // 2 + (colour // 2)
                path = folder / split / f'kind{kind}' / f'{i}.png'
                cv2.imwrite(str(path), image[..., ::-1].astype(np.uint8))
    return folder


@pytest.fixture(scope='module')
def coco(tmp_path_factory):
    """Sixteen images with three boxes each, the colour is the category."""
    folder = tmp_path_factory.mktemp('coco')
    rng = np.random.default_rng(0)
    content = dict(images=[], annotations=[], categories=[])
    for kind in range(3):
        content['categories'].append(dict(id=kind + 1, name=f'kind{kind}'))
    for i in range(16):
        image = noise(rng, 64, 96)
        for place in range(3):
            kind = int(rng.integers(3))
            image[8:56, 32 * place + 2 : 32 * place + 30] = COLOURS[kind]
            content['annotations'].append(
                dict(
                    id=len(content['annotations']),
                    image_id=i,
                    category_id=kind + 1,
                    bbox=[32 * place + 2, 8, 28, 48],
                )
            )
        cv2.imwrite(str(folder / f'{i}.png'), image[..., ::-1])
        content['images'].append(
            dict(id=i, file_name=f'{i}.png', width=96, height=64)
        )
    (folder / 'coco.json').write_text(json.dumps(content))
    return folder / 'coco.json'


def test_linear_and_knn__tell_colours(checkpoint, photos):
    result = probe(
        'linear',
        checkpoint,
        photos,
        fast=True,
        beside_random=True,
        options=ProbeOptions(k=5, **SMALL),
    )
    assert list(result.rows) == [
        ('resnet18.pth', 'linear'),
        ('resnet18.pth', '5-NN'),
        ('random weights', 'linear'),
        ('random weights', '5-NN'),
    ]
    found = result.rows['resnet18.pth', 'linear']
    assert found.top1 > 90
    assert found.chance == pytest.approx(100 / 3)
    assert found.number == 12
    assert 'ResNet-18 (student, by names and shapes' in result.told
    assert '24 images of' in result.told
    same = probe('knn', checkpoint, photos, options=ProbeOptions(k=5, **SMALL))
    one, two = same.rows, result.rows
    assert one == {('resnet18.pth', '5-NN'): two['resnet18.pth', '5-NN']}


def test_roi__tells_colours(checkpoint, coco):
    result = probe(
        'roi',
        checkpoint,
        coco,
        val_share=0.5,
        fast=True,
        options=ProbeOptions(k=3, size=128, workers=0),
    )
    found = result.rows['resnet18.pth', 'linear']
    assert found.number == 24
    assert found.top1 > found.chance + 25


@pytest.mark.slow
def test_roi__trained_on_the_spine(checkpoint, coco, tmp_path):
    options = ProbeOptions(
        batch_size=2,
        work_dir=str(tmp_path),
        cfg_options={
            'train_cfg.max_epochs': 3,
            'param_scheduler.0.end': 3,
            'default_hooks.checkpoint.interval': 1,
        },
        **SMALL,
    )
    result = probe('roi', checkpoint, coco, fast=False, options=options)
    folder = tmp_path / 'resnet18'
    assert (folder / 'epoch_3.pth').is_file()
    (log,) = folder.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    values = [
        line['accuracy/top1'] for line in lines if 'accuracy/top1' in line
    ]
    assert len(values) == 3
    last = result.rows['resnet18.pth', 'linear, last']
    best = result.rows['resnet18.pth', 'linear, max']
    assert last.top1 == pytest.approx(values[-1])
    assert best.top1 == pytest.approx(max(values))
    assert last.number == 9


def test_fast__is_chosen_by_protocol_machine_and_number(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert _is_fast('knn', False, 10**6)
    assert _is_fast('linear', None, 9_999)
    assert not _is_fast('roi', None, 10_000)
    assert _is_fast('linear', True, 10**6)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert not _is_fast('linear', False, 10)
    assert _is_fast('roi', None, 10**6)


def test_result__table_and_file(tmp_path):
    row = ClassAccuracy(50.0, 40.0, 30.0, 20.0, 10, 5)
    result = ProbeResult({('a', 'knn'): row}, 'what', 1.26, dict(x=1))
    assert result.table().splitlines()[0] == 'what'
    content = json.loads(result.save(tmp_path / 'b' / 'c.json').read_text())
    assert content == dict(
        told='what',
        seconds=1.3,
        rows=[dict(backbone='a', classifier='knn', **row._asdict())],
        x=1,
    )


def test_errors(checkpoint, photos, coco, tmp_path):
    with pytest.raises(LaunchError, match='one of knn, linear, roi, got'):
        probe('box', checkpoint, photos)
    with pytest.raises(LaunchError, match='roi needs a COCO json file'):
        probe('roi', checkpoint, photos)
    with pytest.raises(CheckpointError, match='no feature pyramid of ours'):
        probe('roi', checkpoint, coco, options=ProbeOptions(fpn=True))
    (tmp_path / 'config.py').write_text('model = dict(type="A")')
    wrong = ProbeOptions(config=tmp_path / 'config.py')
    with pytest.raises(LaunchError, match=r'has no model\.backbone'):
        probe('linear', checkpoint, photos, options=wrong)
