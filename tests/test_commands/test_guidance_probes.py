import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image

from mmssl.apis.inference import load_model
from mmssl.cli import run_command

CONFIG = dict(
    default_scope='mmssl',
    model=dict(
        type='CMP',
        backbone=dict(
            type='ResNet', depth=18, base_channels=8, out_indices=(3,)
        ),
        neck=dict(type='ConvProjection', in_channels=64, out_channels=8),
        motion_encoder=dict(
            type='MotionEncoder', strides=(2, 2, 8), channels=4
        ),
        decoder=dict(
            type='PlainMotionDecoder', in_channels=12, channels=8, pools=(1,)
        ),
        head=dict(
            type='FlowBinHead',
            in_channels=8,
            codec=dict(type='FlowCodec', nbins=9, fmax=10),
        ),
    ),
)


@pytest.fixture
def files(tmp_path):
    Config(CONFIG).dump(str(tmp_path / 'config.py'))
    model = load_model(Config(CONFIG), None)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'weights.pth')
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (70, 100, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / 'picture.png')
    return tmp_path


def run(folder, *args):
    names = ('config.py', 'weights.pth', 'picture.png')
    paths = [str(folder / name) for name in names]
    output = str(folder / 'out')
    return run_command('guidance', [*paths, '--output', output, *args])


def test_guidance_probes__figure_and_numbers(files, capsys):
    status = run(
        files,
        *('--points', '10,20', '50,30', '--background', '90,60'),
        *('--speed', '4', '--pair', '8,20', '12,20'),
    )
    assert status == 0
    assert capsys.readouterr().out.count('wrote ') == 2
    assert Image.open(files / 'out/probes.png').size[0] > 800
    saved = json.loads((files / 'out/probes.json').read_text())
    assert saved['speed_px'] == 4.0
    places = {
        key: [(p['x'], p['y']) for p in probe['points']]
        for key, probe in saved['probes'].items()
    }
    assert places == {
        'a': [(10, 20)],
        'b': [(10, 20), (50, 30)],
        'c': [(8, 20), (12, 20)],
        'd': [(10, 20), (50, 30), (90, 60)],
    }


def test_guidance_probes__malformed_point(files, capsys):
    with pytest.raises(SystemExit):
        run(files, '--points', '10;20')
    message = "a point is two whole numbers x,y; got '10;20'"
    assert message in capsys.readouterr().err


def test_guidance_probes__point_outside_the_cut_picture(files, capsys):
    assert run(files, '--background', '97,60') == 1
    message = capsys.readouterr().err
    assert message.startswith('error: ')
    assert 'outside' in message
