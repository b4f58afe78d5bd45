import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmssl.apis.browse import browse
from mmssl.testing.toys import make_toy_flow_list

TOOL = Path(__file__).resolve().parents[2] / 'tools/browse.py'


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


def test_browse__writes_the_picture(config, tmp_path, monkeypatch, capsys):
    output = tmp_path / 'out'
    argv = [TOOL, config, '--number', 2, '--seed', 3, '--output', output]
    options = ['--cfg-options', 'train_dataloader.sampler.shuffle=False']
    monkeypatch.setattr(sys, 'argv', [str(arg) for arg in argv + options])
    runpy.run_path(str(TOOL), run_name='__main__')
    path = output / 'toy_train.png'
    assert str(path) in capsys.readouterr().out
    changed = Config.fromfile(str(config))
    changed.train_dataloader.sampler.shuffle = False
    expected = browse(changed, number=2, seed=3)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), expected)
