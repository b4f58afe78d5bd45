"""Arguments that commands share."""

import argparse
import os

from mmssl.commands import common
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
