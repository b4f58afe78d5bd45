import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmssl.apis.browse import browse
from mmssl.cli import run_command
from mmssl.testing.toys import make_toy_flow_list


@pytest.fixture
def config(tmp_path):
    make_toy_flow_list(tmp_path, n=2, size=(48, 64), flow_format='flo')
    path = tmp_path / 'toy.py'
    Config(
        dict(
            default_scope='mmssl',
            train_dataloader=dict(
                sampler=dict(type='DrawSampler'),
                dataset=dict(
                    type='FlowPairDataset',
                    data_root=str(tmp_path),
                    ann_file=['train.txt'],
                    flow_file_type='flo',
                    pipeline=[
                        dict(type='LoadImageRGB'),
                        dict(type='LoadFlow'),
                        dict(
                            type='SampleGuidance',
                            strategies=['grid'],
                            bg_ratio=0.01,
                        ),
                        dict(type='PackFlowInputs'),
                    ],
                ),
            ),
        )
    ).dump(str(path))
    return path


def test_browse__writes_the_picture(config, tmp_path, capsys):
    output = tmp_path / 'out'
    argv = [config, '--number', 2, '--seed', 3, '--output', output]
    options = ['--cfg-options', 'train_dataloader.sampler.shuffle=False']
    assert run_command('browse', [str(arg) for arg in argv + options]) == 0
    path = output / 'toy_train.png'
    assert str(path) in capsys.readouterr().out
    changed = Config.fromfile(str(config))
    changed.train_dataloader.sampler.shuffle = False
    expected = browse(changed, number=2, seed=3)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), expected)


@pytest.mark.parametrize(
    ('arguments', 'problem'),
    [
        (['--number', '0'], 'number must be >= 1'),
        (['--split', 'val'], 'val'),
        (
            ['--cfg-options', 'train_dataloader.dataset.data_root=nowhere'],
            'nowhere',
        ),
        (['--checkpoint', 'none.pth'], 'this pipeline gives none'),
    ],
)
def test_browse__users_mistakes(config, capsys, arguments, problem):
    assert run_command('browse', [str(config), *arguments]) == 1
    message = capsys.readouterr().err
    assert message.startswith('error: ')
    assert problem in message


def test_browse__no_such_config(config, capsys):
    missing = config.with_name('toi.py')
    assert run_command('browse', [str(missing)]) == 1
    assert f'close names: {config}' in capsys.readouterr().err
