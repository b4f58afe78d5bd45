"""Files that would run a program: refused wherever a file can be given.

Each one would make the file ``marker`` (or fill the memory). None may.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict, defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from mmssl.apis import MotionPropagator
from mmssl.apis.inference import load_model
from mmssl.checkpoints.downstream_check import check_downstream
from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.latest import latest_checkpoint
from mmssl.checkpoints.load_report import load_into
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.cli import main
from mmssl.engine import launch
from mmssl.flow.estimators import build_estimator

TOY = Path(__file__).parents[1] / 'data' / 'toy_run'
CONFIG = TOY / 'toy_config.py'
NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def toy(tmp_path, monkeypatch):
    """Work in an empty folder; afterwards, nothing was run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    yield
    assert not (tmp_path / 'marker').exists()


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def touch():
    return Calls(os.system, 'touch marker')


def in_hook():
    """A tensor whose gradient hook is the program."""
    storage = torch.ones(2)._typed_storage()
    hooks = OrderedDict({0: touch()})
    return Calls(
        torch._utils._rebuild_tensor_v2, storage, 0, (2,), (1,), True, hooks
    )


def in_parameter():
    hooks = OrderedDict({0: os.getcwd})
    return Calls(torch._utils._rebuild_parameter, torch.ones(2), True, hooks)


def in_history():
    buffer = HistoryBuffer([1.0], [1])
    buffer._statistics_methods = {'mean': touch()}
    return buffer


def in_factory():
    found = defaultdict(list)
    found.default_factory = os.getcwd
    return found


def in_ordered_dict():
    mapping = OrderedDict(a=1)
    mapping.evil = touch()
    return mapping


class SlotState:
    """NEWOBJ of a class that is not allowed, and a state for it."""

    def __reduce__(self):
        return nn.Linear.__new__, (nn.Linear,), {'weight': touch()}


THINGS = {
    'call of os.system': touch,
    'call of eval': lambda: Calls(eval, 'open("marker", "w")'),
    'call of exec': lambda: Calls(exec, 'open("marker", "w")'),
    'call of a process': lambda: Calls(subprocess.Popen, ['touch', 'marker']),
    'call of a lambda by pickle': lambda: Calls(
        pickle.loads, pickle.dumps(touch())
    ),
    'call of torch.load': lambda: Calls(torch.load, 'other.pth'),
    'call of a module': lambda: Calls(nn.Linear, 2, 2),
    'hook of a tensor': in_hook,
    'hook of a parameter': in_parameter,
    'object array': lambda: np.array([touch()], dtype=object),
    'history': in_history,
    'factory of a defaultdict': in_factory,
    'attribute of an OrderedDict': in_ordered_dict,
    'namespace': lambda: argparse.Namespace(lr=1, run=touch()),
    'state of a class': SlotState,
    'whole model': lambda: nn.Linear(1, 1),
    'much memory': lambda: Calls(bytearray, 10**13),
}
# Where in a checkpoint it lies.
PLACES = ('state_dict', 'optimizer', 'message_hub', 'meta', 'top')


def write(path, thing, place='optimizer', zipped=True):
    """Write a checkpoint that is whole but for one thing."""
    checkpoint = dict(
        meta=dict(iter=3, epoch=0),
        state_dict={'backbone.weight': torch.ones(4, 4)},
        optimizer=dict(state={0: dict(step=1)}, param_groups=[]),
        message_hub=dict(log_scalars={}, runtime_info={}, resumed_keys={}),
    )
    if place == 'top':
        checkpoint = thing
    else:
        checkpoint[place]['deep'] = [{'inside': (thing,)}]
    torch.save(checkpoint, path, _use_new_zipfile_serialization=zipped)
    return str(path)


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('kind', THINGS)
def test_loader__every_kind_in_every_place(kind, zipped):
    for place in PLACES:
        file = write('evil.pth', THINGS[kind](), place, zipped)
        with pytest.raises(CheckpointError, match=r'evil\.pth'):
            load_checkpoint(file)


@pytest.mark.parametrize('zipped', [True, False])
def test_loader__methods_in_a_history_are_not_taken_over(zipped):
    buffer = HistoryBuffer([1.0], [1])
    buffer._statistics_methods = {'mean': HistoryBuffer.max}
    file = write('odd.pth', buffer, 'message_hub', zipped)
    [inside] = load_checkpoint(file)['message_hub']['deep']
    found = inside['inside'][0]._statistics_methods
    assert found['mean'] is HistoryBuffer.mean


def raw(*steps):
    """A zip checkpoint whose pickle is written by hand, step by step."""
    buffer = io.BytesIO()
    torch.save({}, buffer)
    with (
        zipfile.ZipFile(buffer) as old,
        zipfile.ZipFile('evil.pth', 'w', zipfile.ZIP_STORED) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.endswith('data.pkl'):
                data = b'\x80\x02' + b''.join(steps) + b'.'
            new.writestr(entry.filename, data)
    return 'evil.pth'


@pytest.mark.parametrize(
    'steps',
    [
        # GLOBAL + BUILD: attributes of a class or function of ours
        [b'cargparse\nNamespace\n', b'}X\x01\x00\x00\x00aK\x01s', b'b'],
        [b'ccollections\nOrderedDict\n', b'}X\x01\x00\x00\x00aK\x01s', b'b'],
        # INST and OBJ, the calls of protocol 0 and 1
        [b'(X\x0c\x00\x00\x00touch marker', b'ios\nsystem\n'],
        [b'(', b'cos\nsystem\n', b'X\x0c\x00\x00\x00touch marker', b'o'],
        # names with dots, through modules that are allowed
        [b'ctorch\nos.system\n', b'X\x0c\x00\x00\x00touch marker', b'\x85R'],
        [b'cnumpy\nos\n', b'.'],
        # getattr gives the methods of two classes, not those of a module
        [
            b'cbuiltins\ngetattr\n(ctorch\nfloat32\n',
            b'X\x09\x00\x00\x00__class__',
            b'tR.',
        ],
        # an extension code
        [b'\x82\x01'],
        # a storage that is none
        [b'(X\x07\x00\x00\x00storagecos\nsystem\ntQ'],
    ],
    ids=lambda steps: ascii(steps[0])[:24],
)
def test_loader__hand_written_steps(steps):
    with pytest.raises(CheckpointError, match=r'evil\.pth'):
        load_checkpoint(raw(*steps))


@pytest.mark.parametrize('zipped', [True, False])
def test_loader__lookalikes_of_other_formats(zipped):
    """What a file is called does not change how carefully it is read."""
    pytest.importorskip('safetensors')
    for name in ('evil.safetensors', 'evil.bin', 'evil.tar', 'evil'):
        write(name, touch(), zipped=zipped)
        with pytest.raises(CheckpointError, match='evil'):
            load_checkpoint(name)


def test_loader__a_bomb_is_refused_before_it_is_unpacked():
    with zipfile.ZipFile('bomb.pth', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('bomb/data.pkl', b'\x80\x02}.')
        archive.writestr('bomb/version', b'3\n')
        archive.writestr('bomb/data/0', bytes(50_000_000))
    assert os.path.getsize('bomb.pth') < 100_000
    with pytest.raises(CheckpointError, match=r'bomb\.pth was refused: .*com'):
        load_checkpoint('bomb.pth')


def named(number):
    return dict(experiment_name=f'hostile{number}{next(NUMBERS)}')


def resume(file):
    launch.train(CONFIG, work_dir='r', resume=file, cfg_options=named(1))


def resume_auto(file):
    Path('auto').mkdir(exist_ok=True)
    os.replace(file, 'auto/iter_4.pth')
    Path('auto/last_checkpoint').write_text('iter_4.pth')
    launch.train(CONFIG, work_dir='auto', resume='auto', cfg_options=named(2))


def load_from(file):
    options = dict(load_from=file, **named(3))
    launch.train(CONFIG, work_dir='r', cfg_options=options)


def init_cfg(file):
    init = dict(type='Pretrained', checkpoint=file)
    options = {'model.init_cfg': init, **named(4)}
    launch.train(CONFIG, work_dir='r', cfg_options=options)


def evaluate(file):
    launch.evaluate(CONFIG, file, work_dir='r', cfg_options=named(5))


def check(file):
    config = Config(
        dict(
            default_scope='mmpretrain',
            model=dict(
                type='ImageClassifier',
                backbone=dict(type='ResNet', depth=18),
            ),
        )
    )
    check_downstream(file, config)


TINY = dict(
    type='CMP',
    backbone=dict(type='ResNet', depth=18, base_channels=8, out_indices=(3,)),
    neck=dict(type='ConvProjection', in_channels=64, out_channels=8),
    motion_encoder=dict(type='MotionEncoder', strides=(2, 2, 8), channels=4),
    decoder=dict(
        type='PlainMotionDecoder', in_channels=12, channels=8, pools=(1,)
    ),
    head=dict(type='FlowBinHead', in_channels=8),
)
CMP = Config(dict(default_scope='mmssl', model=TINY))
USES = {
    'train: resume': resume,
    'train: resume auto': resume_auto,
    'train: load_from': load_from,
    'train: init_cfg': init_cfg,
    'test': evaluate,
    'export': lambda file: export_backbone(file, 'out.pth'),
    'export: check': check,
    'api: load_model': lambda file: load_model(CMP, file),
    'api: MotionPropagator': lambda file: MotionPropagator(CMP, file, 'cpu'),
    'api: load_into': lambda file: load_into(nn.Linear(1, 1), file),
    'api: latest': lambda file: (
        os.makedirs('w'),
        os.replace(file, 'w/iter_1.pth'),
        latest_checkpoint('w'),
    ),
    'flow: weights of RAFT': lambda file: build_estimator(
        'raft_small', weights=file
    ),
}


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('use', USES)
def test_use__refused_and_not_run(use, zipped):
    file = write('evil.pth', touch(), zipped=zipped)
    with pytest.raises((CheckpointError, ValueError), match='system'):
        USES[use](file)


@pytest.mark.parametrize(
    'arguments',
    [
        ['train', str(CONFIG), '--work-dir=w', '--resume=evil.pth'],
        ['test', str(CONFIG), 'evil.pth', '--work-dir=w'],
        ['export', 'evil.pth', 'out.pth'],
        ['convert', 'evil.pth', 'out.pth'],
        ['guidance', 'cmp.py', 'evil.pth', 'a.png'],
    ],
    ids=lambda arguments: arguments[0],
)
def test_command__one_line_and_status_1(arguments, capsys):
    write('evil.pth', touch())
    CMP.dump('cmp.py')
    assert cv2.imwrite('a.png', np.zeros((64, 64, 3), np.uint8))
    assert status(arguments) == 1
    shown = capsys.readouterr().err
    assert 'error: ' in shown
    assert 'evil.pth was refused: it asks for posix.system' in shown
    assert 'Traceback' not in shown
    assert not Path('out.pth').exists()


def status(arguments):
    try:
        return main(arguments)
    except SystemExit as stop:
        return stop.code


def test_trust__is_an_option_of_the_converter_alone(capsys):
    """No other command has it, and no other code can read that way."""
    root = Path(__file__).parents[2]
    users = [
        path.relative_to(root).as_posix()
        for folder in ('mmssl', 'tools', 'configs')
        for path in sorted((root / folder).rglob('*.py'))
        if 'load_trusted' in path.read_text('utf-8')
    ]
    assert users == [
        'mmssl/checkpoints/trusted.py',
        'mmssl/commands/convert.py',
    ]
    write('evil.pth', touch())
    for arguments in (
        ['train', str(CONFIG), '--resume=evil.pth'],
        ['test', str(CONFIG), 'evil.pth'],
        ['export', 'evil.pth', 'out.pth'],
    ):
        assert status([*arguments, '--trust']) == 2
        assert '--trust' in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == 'win32', reason='needs a shell')
def test_these_files__are_dangerous_without_the_loader(tmp_path):
    """Else the tests above would show nothing."""
    file = write('evil.pth', touch())
    torch.load(file, weights_only=False)
    assert (tmp_path / 'marker').exists()
    (tmp_path / 'marker').unlink()
