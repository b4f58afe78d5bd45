"""Arguments that commands share."""

import argparse
import os
import sys

import pytest
import torch

from mmssl.commands import common, local_processes
from mmssl.engine import processes


def test_launchers__are_those_of_the_library():
    assert common.LAUNCHERS == processes.LAUNCHERS


def test_local_rank__both_spellings_and_the_environment_wins(monkeypatch):
    parser = argparse.ArgumentParser()
    common.add_launcher(parser)
    for spelling in ('--local_rank', '--local-rank'):
        # recorded, so that it is restored after the test
        monkeypatch.setenv('LOCAL_RANK', 'x')
        monkeypatch.delenv('LOCAL_RANK')
        common.set_local_rank(parser.parse_args([f'{spelling}=3']))
        assert os.environ['LOCAL_RANK'] == '3'
    monkeypatch.setenv('LOCAL_RANK', '1')
    common.set_local_rank(parser.parse_args(['--local-rank', '3']))
    assert os.environ['LOCAL_RANK'] == '1'


def test_fail__one_line_on_stderr(capsys):
    assert common.fail(ValueError('too small')) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ('', 'error: too small\n')


@pytest.mark.parametrize('wrong', ['train_cfg.max_iters', 'configs/a.py'])
def test_cfg_options__a_value_is_missing(wrong, capsys):
    parser = argparse.ArgumentParser()
    common.add_cfg_options(parser)
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(['--cfg-options', 'a=1', wrong])
    assert caught.value.code == 2
    expected = f'--cfg-options: expected KEY=VALUE, got {wrong!r}'
    assert expected in capsys.readouterr().err


def test_cfg_options__a_component_is_no_value(capsys):
    parser = argparse.ArgumentParser()
    common.add_cfg_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(['--cfg-options', 'hooks=[dict(type=A,x=1)]'])
    expected = "got 'hooks=[dict(type=A,x=1)]'; values are numbers, texts"
    assert expected in capsys.readouterr().err


def test_cfg_options__all_are_taken():
    parser = argparse.ArgumentParser()
    common.add_cfg_options(parser)
    words = ['--cfg-options', 'a=1', 'b=[1,2]', '--cfg-options', 'c=x=y']
    read = parser.parse_args(words).cfg_options
    assert read == dict(a=1, b=[1, 2], c='x=y')


def parse(*words):
    parser = argparse.ArgumentParser()
    common.add_processes(parser)
    common.add_launcher(parser)
    args = parser.parse_args(words)
    args.argv = list(words)
    return args


@pytest.fixture
def started(monkeypatch):
    """Note what would be started, on a machine with so many GPUs."""
    calls = []

    def run_processes(command, count):
        calls.append((command, count))
        return 5

    monkeypatch.setattr(local_processes, 'run_processes', run_processes)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    return calls


@pytest.mark.parametrize('word', ['--processes', '--gpus'])
def test_processes__start_the_command_again(started, word):
    assert common.run_in_processes(parse(word, '3'), 'train') == 5
    ((command, count),) = started
    assert command == [
        *(sys.executable, '-m', 'mmssl', 'train', word, '3'),
        *('--launcher', 'pytorch'),
    ]
    assert count == 3
    # which does the work itself, with the same arguments
    again = parse(*command[4:])
    assert common.run_in_processes(again, 'train') is None


@pytest.mark.parametrize(
    'words', [(), ('--processes', '1'), ('--launcher', 'slurm', '--gpus', '2')]
)
def test_processes__not_asked_for(started, words):
    assert common.run_in_processes(parse(*words), 'train') is None
    assert not started


def test_processes__one_for_each_gpu(started, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    assert common.run_in_processes(parse('--processes', '2'), 'test') == 5
    assert common.run_in_processes(parse('--processes', '3'), 'test') == 1
    error = capsys.readouterr().err
    assert error == (
        'error: --processes must be >= 1 and at most 2, one for each GPU, '
        'got 3\n'
    )
    assert common.run_in_processes(parse('--processes', '0'), 'test') == 1
    assert len(started) == 1


def test_help__does_not_name_gpus():
    """Mim would add --gpus or --device to the arguments."""
    parser = argparse.ArgumentParser()
    common.add_processes(parser)
    assert '--processes N' in parser.format_help()
    assert '--gpus' not in parser.format_help()


def test_position_options__are_sizes():
    parser = argparse.ArgumentParser()
    common.add_position_options(parser)
    given = parser.parse_args(['--window-size', '12', '--img-size', '8', '4'])
    assert (given.window_size, given.img_size) == (12, [8, 4])
    assert vars(parser.parse_args([])) == dict(window_size=None, img_size=None)
