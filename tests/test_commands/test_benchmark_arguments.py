"""The arguments of the benchmark agree with what they are for."""

import argparse
from pathlib import Path

import pytest

from mmssl.benchmark.source_file import AUTO
from mmssl.checkpoints.parts import PARTS
from mmssl.commands import benchmark_arguments
from mmssl.downstream import tasks


@pytest.fixture
def parse():
    parser = argparse.ArgumentParser()
    benchmark_arguments.add_arguments(parser)
    return lambda *words: parser.parse_args(words)


def test_constants__are_those_of_the_code():
    assert benchmark_arguments.DEFAULT == tasks.DEFAULT
    assert benchmark_arguments.WORLDS == tasks.WORLDS
    assert tuple(sorted((AUTO, *PARTS))) == benchmark_arguments.PARTS


def test_arguments__order_and_defaults(parse):
    args = parse('a.pth', 'random', '--tasks', 'x', 'y', '--seeds', '1', '4')
    assert args.backbones == ['a.pth', 'random']
    assert (args.tasks, args.seeds) == (['x', 'y'], ['1', '4'])
    assert (args.world, args.part) == ('puppets', 'auto')
    assert args.out == Path('work_dirs/benchmark')
    assert parse().seeds == ['3']
    changed = parse('a', '--cfg-options', 'train_cfg.max_iters=3')
    assert changed.cfg_options == {'train_cfg.max_iters': 3}


@pytest.mark.parametrize(
    'words',
    [('--world', 'mars'), ('--part', 'ema'), ('--gpus-per-job', '2')],
)
def test_arguments__choices_are_listed(parse, words, capsys):
    with pytest.raises(SystemExit, match='2'):
        parse('a', *words)
    assert 'choose from' in capsys.readouterr().err
