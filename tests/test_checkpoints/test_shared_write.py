"""Two processes: the second learns of the first one's full disk."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mmssl.checkpoints.atomic import CheckpointWriteError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.checkpoints.shared_write import write_on_main

PROCESS = """
import os, sys, torch
from torch import distributed
from mmssl.checkpoints.shared_write import write_on_main
rank, store, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
distributed.init_process_group(
    'gloo', rank=rank, world_size=2, init_method=f'file://{store}')
write_on_main({'rank': rank}, f'{folder}/a.pth')
assert os.path.isfile(f'{folder}/a.pth')  # there, when anybody leaves
for contents, path in (({}, 'gone/b.pth'), ({'a': lambda: 1}, 'c.pth')):
    try:
        write_on_main(contents, f'{folder}/{path}')
    except Exception as error:
        print(type(error).__name__, error, flush=True)
distributed.destroy_process_group()
"""


def test_one_process__writes_and_raises(tmp_path):
    write_on_main({'a': 1}, tmp_path / 'a.pth')
    assert load_checkpoint(tmp_path / 'a.pth') == {'a': 1}
    with pytest.raises(CheckpointWriteError, match=r'gone/b\.pth'):
        write_on_main({}, tmp_path / 'gone' / 'b.pth')


@pytest.mark.slow
def test_two_processes__the_same_error_in_both(tmp_path):
    both = [
        subprocess.Popen(
            [sys.executable, '-c', PROCESS, str(rank), tmp_path / 's', '.'],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    first, second = (p.communicate(timeout=120)[0].splitlines() for p in both)
    assert [p.returncode for p in both] == [0, 0]
    assert first[0].startswith('CheckpointWriteError gone/b.pth could not be')
    assert second[0].split(';')[0] == first[0].split(';')[0]
    assert 'lambda' in first[1]
    assert second[1].startswith('RuntimeError the first process failed: ')
    assert load_checkpoint(tmp_path / 'a.pth') == {'rank': 0}
