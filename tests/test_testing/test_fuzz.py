"""Damaged files: an array or an error that names the file, nothing else."""

import os
import signal
import time

import numpy as np
import pytest

from mmssl.flow import workers
from mmssl.io.errors import DataFileError
from mmssl.testing import fuzz as module
from mmssl.testing.fuzz import fuzz, judge, make_case
from mmssl.testing.fuzz_files import write_seeds


def test_fuzz__200_files(tmp_path):
    result = fuzz(200, tmp_path, seed=1)
    assert result.failures == {}, result.text()
    assert sum(result.counts.values()) == 200
    outcomes = {outcome for _, outcome in result.counts}
    assert outcomes == {'read', 'refused'}


@pytest.mark.slow
def test_fuzz__2000_files(tmp_path):
    """More by: python tools/misc/fuzz_readers.py --number 10000."""
    result = fuzz(2000, tmp_path, seed=2)
    assert result.failures == {}, result.text()
    assert sum(result.counts.values()) == 2000
    for kind in ('flo', 'image', 'list', 'pair', 'video'):
        assert result.counts[kind, 'refused'] > 50
        assert result.counts[kind, 'read'] > 5


def test_case__is_a_function_of_its_number(tmp_path):
    write_seeds(tmp_path)
    cases = [make_case(tmp_path, 3, n) for n in range(20)]
    assert cases == [make_case(tmp_path, 3, n) for n in range(20)]
    assert cases != [make_case(tmp_path, 4, n) for n in range(20)]


def raising(error):
    def read(path, other):
        raise error

    return read


@pytest.mark.parametrize(
    ('read', 'outcome'),
    [
        (lambda path, other: '', 'read'),
        (lambda path, other: 'flow that is odd', 'flow that is odd'),
        (raising(DataFileError('a.jpg', 'bad')), 'refused'),
        (raising(DataFileError('b.jpg', 'bad')), 'not named: b.jpg: bad'),
        (raising(ValueError('bad')), 'read: ValueError: bad'),
    ],
)
def test_judge__what_counts_as_failure(monkeypatch, read, outcome):
    monkeypatch.setitem(module._READERS, 'image', (read,))
    path = module.Path('a.jpg')
    assert judge('image', path, path) == outcome


def test_judge__flow_has_to_be_finite():
    flow = np.zeros((2, 3, 2), np.float32)
    assert module._check_flow(flow) == ''
    flow[1, 1, 1] = np.nan
    assert module._check_flow(flow) == 'flow that is not finite'
    assert module._check_flow(flow[..., :1]).startswith('no flow')


def crash(path, other):
    os.kill(os.getpid(), signal.SIGKILL)


def hang(path, other):
    time.sleep(60)


def devour(path, other):
    np.ones(120_000_000).sum()
    return ''


@pytest.mark.parametrize(
    ('read', 'problem'),
    [
        (crash, 'its process ended with -9'),
        (hang, 'not done after 0.5 s'),
        pytest.param(devour, 'read, ', marks=pytest.mark.slow),
    ],
)
def test_fuzz__crash_hang_and_flood_are_failures_and_kept(
    tmp_path, monkeypatch, read, problem
):
    """Workers are forked, so they have the changed readers, too."""
    # Elsewhere a thread, such as tqdm's, makes them start from scratch.
    monkeypatch.setattr(workers, '_start_method', lambda: 'fork')
    readers = dict.fromkeys(module._READERS, (read,))
    monkeypatch.setattr(module, '_READERS', readers)
    monkeypatch.setattr(module, 'MAX_MB', 900)
    result = fuzz(1, tmp_path, time_limit_s=0.5 if read is hang else 60)
    assert problem in result.failures[0]
    assert f'  0: {result.failures[0]}' in result.text()
    (kept,) = tmp_path.glob('failed_0_0_*')
    assert kept.read_bytes() == make_case(tmp_path / 'seeds', 0, 0).data
