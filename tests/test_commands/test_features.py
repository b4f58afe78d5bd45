import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmssl.apis import FeatureExtractor, read_features
from mmssl.cli import run_command
from mmssl.testing.toy_people import make_toy_people

SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
)


@pytest.fixture
def files(tmp_path):
    make_toy_people(tmp_path, n=3)
    config = Config(
        dict(default_scope='mmssl', model=dict(type='DINO', backbone=SWIN))
    )
    config.dump(str(tmp_path / 'toy.py'))
    made = FeatureExtractor(config, None, 'cpu')
    state = {
        f'teacher.backbone.{name}': value
        for name, value in made.backbone.state_dict().items()
    }
    meta = dict(mmengine_version='0.10.7')
    torch.save(dict(state_dict=state, meta=meta), tmp_path / 'toy.pth')
    return tmp_path


def command(files, *more):
    return [
        *(str(files / 'images'), '--config', str(files / 'toy.py')),
        *('--checkpoint', str(files / 'toy.pth')),
        *('--out', str(files / 'out'), '--workers', '0', *more),
    ]


def test_features__writes_and_tells(files, capsys):
    options = ('--size', '64', '32', '--semantic-weight', '0', '1', '--dense')
    assert run_command('features', command(files, *options)) == 0
    told = capsys.readouterr()
    assert 'features of 3 images in 1 shards' in told.out
    assert 'images 3/3' in told.err
    assert '(teacher) on ' in told.err
    assert 'stretched to 64 x 32 px' in told.err
    table = read_features(files / 'out')
    made = FeatureExtractor(files / 'toy.py', files / 'toy.pth', size=(64, 32))
    expected = made(files / 'images' / '0001.jpg', semantic_weights=[0, 1])
    np.testing.assert_allclose(table.pooled[1], expected.pooled, atol=1e-5)
    assert table.dense.shape == (3, 2, 64, 2, 1)


def test_features__of_no_image_that_can_be_read(files, capsys):
    for image in (files / 'images').iterdir():
        image.write_bytes(b'broken')
    assert run_command('features', command(files, '--size', '64', '32')) == 1
    assert '0001.jpg' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('more', 'problem'),
    [
        (('--semantic-weight', '1.2'), 'in [0, 1]'),
        (('--size', '1', '2', '3'), 'one or two numbers'),
        (('--part', 'student'), 'teacher'),
        (('--list', 'none.txt'), 'none.txt'),
    ],
)
def test_features__users_mistakes(files, capsys, more, problem):
    assert run_command('features', command(files, *more)) == 1
    message = capsys.readouterr().err
    assert 'error: ' in message
    assert problem in message


def test_features__stopped_by_the_keyboard(files, capsys, monkeypatch):
    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr('mmssl.apis.feature_files.write_features', stopped)
    assert run_command('features', command(files)) == 130
    assert 'the same command goes on' in capsys.readouterr().err
