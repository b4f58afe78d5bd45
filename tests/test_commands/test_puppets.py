"""The command that makes a world, and what it refuses."""

import pytest

from mmssl.cli import main
from mmssl.commands import puppets
from mmssl.worlds.layout import PARTS, check_world
from mmssl.worlds.world_settings import PRESETS


def test_options__are_those_of_the_worlds():
    assert tuple(PARTS) == puppets.PARTS
    assert tuple(PRESETS) == puppets.PRESETS
    for part in PARTS:
        assert f'  {part} ' in puppets.__doc__


def test_puppets__makes_and_tells(tmp_path, capsys):
    words = ['puppets', str(tmp_path), '--preset', 'tiny', '--only', 'flow']
    assert main([*words, '--workers', '0']) == 0
    shown = capsys.readouterr()
    assert 'flow: 6 train_pairs, 4 val_pairs\n' in shown.out
    assert 'not made yet: scenes, people' in shown.out
    assert f'the world is in {tmp_path}\n' in shown.out
    assert 'items 5/5' in shown.err  # the progress
    assert '/s, ' in shown.err
    assert ' left' in shown.err
    check_world(tmp_path, ['flow'])
    assert main([*words, '--quiet']) == 0
    shown = capsys.readouterr()
    assert 'flow: 6 train_pairs, 4 val_pairs (there already)' in shown.out
    assert shown.err == ''


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--only', 'faces'], "unknown part 'faces'; valid: flow, lip"),
        (['--size', '32', '200'], 'at least 64 px high and wide, got 32 x 20'),
        (['--person-height', '20'], 'at least 48 px high, got 20'),
        (['--seed', '-3'], 'seed must be >= 0, got -3'),
        (['--workers', '-2'], 'workers must not be negative, got -2'),
    ],
)
def test_puppets__refuses(tmp_path, capsys, options, message):
    out = tmp_path / 'new'
    assert main(['puppets', str(out), '--preset', 'tiny', *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert message in error
    assert not out.exists()


def test_puppets__another_world_is_there(tmp_path, capsys):
    words = ['puppets', str(tmp_path), '--preset', 'tiny', '--workers', '0']
    words += ['--only', 'prw', '--quiet']
    assert main(words) == 0
    assert main([*words, '--seed', '2']) == 1
    error = capsys.readouterr().err
    assert 'holds another world (seed: 0 there, 2 now)' in error


def test_puppets__ctrl_c(tmp_path, capsys, monkeypatch):
    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr('mmssl.worlds.generation.WorldRun.drive', stopped)
    words = ['puppets', str(tmp_path), '--preset', 'tiny', '--workers', '0']
    assert main(words) == 130
    assert 'the same command goes on' in capsys.readouterr().err
