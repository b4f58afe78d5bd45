import json

import pytest
import torch
import torchvision

from mmssl.cli import run_command
from mmssl.testing.toy_people import make_toy_people


@pytest.fixture(scope='module')
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp('people')
    people = make_toy_people(folder / 'people', n=6)
    path = folder / 'a.pth'
    torch.save(torchvision.models.resnet18().state_dict(), path)
    return [
        *('parsing', str(path), '--data', str(people / 'images')),
        *('--masks', str(people / 'masks')),
        *('--classes', str(people / 'labels.json'), '--l2', '0.1'),
    ]


@pytest.mark.slow
def test_parsing__table_and_file(words, tmp_path, capsys):
    out = str(tmp_path / 'b.json')
    more = ['--size', '64', '32', '--val-share', '.5', '--stages', '1', '3']
    more += ['--crops', '0.5', '--seeds', '2', '-k', '3', '--out', out]
    assert run_command('probe', [*words, *more]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith('a.pth       3-NN') for line in lines)
    assert any('8 x 4 cells' in line for line in lines)
    assert lines[-1] == f'wrote {out}'
    content = json.loads((tmp_path / 'b.json').read_text())
    assert content['seeds'] == [0, 1]
    assert content['crops'] == 0.5
    assert content['size'] == [64, 32]


@pytest.mark.parametrize(
    ('more', 'message'),
    [
        (['--fpn'], 'parsing takes no --fpn'),
        (
            ['--images', 'a', '--batch-size', '3'],
            'takes no --images, --batch-',
        ),
        (['--full'], 'fits its classifiers to the end'),
        (['--size', '1', '2', '3'], '--size is height and width'),
        (['--seeds', '0'], 'seeds must be at least 1'),
        (['--semantic-weights', '0.5'], 'without a semantic backbone'),
        (['--semantic-weight', '1'], 'semantic_weight=1 was asked of a mod'),
        (['--semantic-weights', '2'], 'must be a number in [0, 1]'),
        (['--groups', 'no'], "groups='no' is neither a file nor one of"),
        (['--classes', '/no.json'], '/no.json'),
        (['--val', 'a'], 'needs both a folder of images (--val) and one of'),
    ],
)
def test_mistakes__one_line(words, more, message, capsys):
    assert run_command('probe', [*words, *more]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1


def test_mistakes__of_other_protocols(words, capsys):
    assert run_command('probe', words[:4]) == 1
    assert 'parsing needs --masks, --classes' in capsys.readouterr().err
    assert run_command('probe', ['knn', *words[1:]]) == 1
    error = capsys.readouterr().err
    assert '--masks, --classes is for parsing alone' in error
    other = ['knn', *words[1:4], '--size', '3', '4']
    assert run_command('probe', other) == 1
    assert '--size takes one number but with' in capsys.readouterr().err
