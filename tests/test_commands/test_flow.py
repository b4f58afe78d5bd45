import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mmssl.cli import build_parser, run_command
from mmssl.commands import flow as command
from mmssl.flow.estimators import DIS_PRESETS, ESTIMATORS
from mmssl.flow.settings import FORMATS
from mmssl.io.video_sources import output_name
from mmssl.testing.videos import moving_frames, write_video

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path):
    frames = moving_frames(6, 48, 64, np.random.default_rng(0))
    for name in ('a.avi', 'b.avi', 'c.avi'):
        write_video(tmp_path / 'in' / name, frames)
    return tmp_path / 'in'


def parse(arguments):
    return build_parser(command).parse_args(arguments)


def start(*arguments):
    env = {**os.environ, 'PYTHONPATH': str(ROOT)}
    return subprocess.Popen(
        [sys.executable, '-m', 'mmssl', 'flow', *map(str, arguments)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_main__defaults_and_summary(folder, tmp_path, capsys):
    out = tmp_path / 'out'
    assert run_command('flow', [str(folder), str(out), '--workers', '0']) == 0
    printed = capsys.readouterr()
    assert '3 videos used' in printed.out
    assert 'pairs 15/15' in printed.err
    assert (out / 'train.txt').read_text().count('\n') == 10


def test_main__options_reach_the_settings():
    options = (
        '--preset fast --format flo --stride 2 --step 3 --max-pairs 4 '
        '--short-size 99 --quality 80 --min-motion 0.5 --scene-cut 0 '
        '--min-consistency 0.7 --allow-variable-rate --auto-rotate'
    )
    args = parse(['i', 'o', *options.split(' ')])
    made = command.settings_from(args)
    assert vars(made) == {
        'method': 'dis',
        'method_options': {'preset': 'fast'},
        'format': 'flo',
        'stride': 2,
        'step': 3,
        'max_pairs': 4,
        'short_size': 99,
        'quality': 80,
        'min_motion': 0.5,
        'scene_cut': None,
        'min_consistency': 0.7,
        'allow_variable_rate': True,
        'auto_rotate': True,
    }
    assert command.settings_from(parse(['i', 'o'])).scene_cut == 0.4


def test_main__val_list(folder, tmp_path):
    names = tmp_path / 'val videos.txt'
    names.write_text('b\n\n')
    out = tmp_path / 'out'
    command = [str(folder), str(out), '--workers', '0', '--quiet']
    assert run_command('flow', [*command, '--val-list', str(names)]) == 0
    val = (out / 'val.txt').read_text().splitlines()
    assert len(val) == 5
    assert all(output_name('b.avi') in line for line in val)


@pytest.mark.parametrize(
    ('arguments', 'problem'),
    [
        (['--method', 'farneback', '--preset', 'fast'], '--preset does not'),
        (['--weights', 'w.pth'], '--weights does not go with dis'),
        (['--method', 'raft_large'], 'needs a weights file'),
        (['--stride', '0'], 'stride must be at least 1'),
        (['--val-list', 'no such list'], 'no such list'),
    ],
)
def test_main__errors_are_one_line_and_exit_code_1(
    folder, tmp_path, capsys, arguments, problem
):
    command = [str(folder), str(tmp_path / 'out'), '--workers', '0']
    assert run_command('flow', [*command, *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert problem in error


def test_main__input_without_videos(tmp_path, capsys):
    assert run_command('flow', [str(tmp_path), str(tmp_path / 'out')]) == 1
    assert 'holds no videos' in capsys.readouterr().err


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.02)


@pytest.fixture
def long_folder(tmp_path):
    """Enough work for a kill to come in the middle of it."""
    frames = moving_frames(60, 192, 256, np.random.default_rng(0), (1, 1))
    for number in range(6):
        write_video(tmp_path / 'in' / f'{number}.avi', frames)
    return tmp_path / 'in'


@pytest.mark.slow
@pytest.mark.parametrize('stop', [signal.SIGKILL, signal.SIGINT])
def test_tool__stopped_and_started_again(long_folder, tmp_path, stop):
    whole, out = tmp_path / 'whole', tmp_path / 'out'
    process = start(long_folder, whole, '--workers', 2)
    assert process.wait(120) == 0

    process = start(long_folder, out, '--workers', 2)
    wait_for(lambda: any(out.glob('done/*-*.json')))
    process.send_signal(stop)
    error = process.communicate(timeout=30)[1]
    assert process.returncode == (130 if stop == signal.SIGINT else -stop)
    if stop == signal.SIGINT:
        assert 'interrupted' in error
        assert 'Traceback' not in error
    finished = [path.stem for path in out.glob('done/*-*.json')]
    assert 0 < len(finished) < 6
    assert not (out / 'train.txt').exists()
    before = {
        path: path.stat().st_mtime_ns
        for name in finished
        for path in (out / 'pairs' / name).iterdir()
    }

    process = start(long_folder, out, '--workers', 1)
    text = process.communicate(timeout=120)[0]
    assert process.returncode == 0
    assert f'({len(finished)} of them from an earlier run)' in text
    assert {path: path.stat().st_mtime_ns for path in before} == before
    for path in whole.rglob('*'):
        if path.is_file():
            again = out / path.relative_to(whole)
            assert again.read_bytes() == path.read_bytes(), path.name
    assert len(list(out.rglob('*'))) == len(list(whole.rglob('*')))


@pytest.mark.slow
def test_tool__killed_workers_do_not_survive(long_folder, tmp_path):
    process = start(long_folder, tmp_path / 'out', '--workers', 2)
    wait_for(lambda: any((tmp_path / 'out').glob('pairs/*/*')))
    children = [
        int(task)
        for task in Path(f'/proc/{process.pid}/task/{process.pid}/children')
        .read_text()
        .split()
    ]
    assert len(children) == 2
    process.kill()
    process.communicate()
    wait_for(lambda: not any(Path(f'/proc/{c}').exists() for c in children))


def test_choices__are_those_of_the_library():
    assert tuple(sorted(ESTIMATORS)) == command.ESTIMATORS
    assert tuple(DIS_PRESETS) == command.DIS_PRESETS
    assert command.FORMATS == FORMATS
