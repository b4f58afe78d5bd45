"""Every argument arrives in the options, and every option has one."""

import argparse

import pytest

from mmssl.commands.speed_arguments import add_speed, speed_options
from mmssl.engine.run_config import PRECISIONS
from mmssl.engine.speed_options import OPTIMIZER_LOOPS, SpeedOptions


def parse(text):
    parser = argparse.ArgumentParser()
    add_speed(parser)
    return speed_options(parser.parse_args(text.split()))


@pytest.mark.parametrize(
    ('text', 'options'),
    [
        ('', {}),
        ('--precision fp16', dict(precision='fp16')),
        ('--channels-last --compile', dict(channels_last=True, compile=True)),
        ('--grad-checkpoint', dict(grad_checkpoint=True)),
        ('--accumulate 4', dict(accumulate=4)),
        ('--optimizer-loop foreach', dict(optimizer_loop='foreach')),
    ],
)
def test_options__arrive(text, options):
    assert parse(text) == SpeedOptions(**options)


def test_choices__are_the_librarys(capsys):
    """They are written out so that --help need not import torch."""
    for flag, choices in (
        ('--precision', PRECISIONS),
        ('--optimizer-loop', OPTIMIZER_LOOPS),
    ):
        for choice in choices:
            assert choice in parse(f'{flag} {choice}')
        with pytest.raises(SystemExit):
            parse(f'{flag} other')
        shown = capsys.readouterr().err.split('choose from')[1]
        assert shown.count(',') == len(choices) - 1
