import json

import pytest
import torch
from mmpretrain.models.backbones import ResNet

from mmssl.cli import main
from mmssl.testing.toy_keypoints import make_toy_keypoints


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('people')
    make_toy_keypoints(folder, n=8, size=(48, 40))
    torch.manual_seed(0)
    torch.save(ResNet(18).state_dict(), folder / 'resnet18.pth')
    return folder


def run(folder, *more, protocol='keypoints'):
    return main(
        [
            *('probe', protocol, str(folder / 'resnet18.pth')),
            *('--data', str(folder / 'train.json')),
            *('--images', str(folder / 'train'), '--device', 'cpu'),
            *more,
        ]
    )


def test_keypoints__table_and_file(folder, capsys):
    out = folder / 'found.json'
    status = run(folder, '--size', '64', '32', '--out', str(out))
    assert status == 0
    told = capsys.readouterr().out
    assert 'PCK@0.1' in told
    assert 'colour and place' in told
    content = json.loads(out.read_text())
    assert content['rows'][0]['name'] == 'resnet18.pth'
    assert content['rows'][0]['pck0.1'] >= 0


@pytest.mark.parametrize(
    ('more', 'told'),
    [
        (['--masks', 'x'], 'keypoints takes no --masks'),
        (['--fpn'], 'keypoints takes no --fpn'),
        (['--full'], 'leave --full out'),
        (['--seeds', '0'], '--seeds must be at least 1'),
        (['--size', '1', '2', '3'], 'height and width'),
    ],
)
def test_mistakes(folder, capsys, more, told):
    assert run(folder, *more) != 0
    assert told in capsys.readouterr().err


def test_identity__takes_one_folder_and_no_penalty(folder, capsys):
    assert run(folder, '--l2', '1', protocol='identity') != 0
    assert 'identity takes no --l2' in capsys.readouterr().err
    assert run(folder, protocol='identity') != 0
    assert 'identity takes one folder' in capsys.readouterr().err
