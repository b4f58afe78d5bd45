"""Rate and time that is left."""

import pytest

from mmssl.benchmark.progress import Progress, duration, remaining_seconds


@pytest.mark.parametrize(
    ('waiting', 'seconds', 'slots', 'expected'),
    [
        (['a'] * 4, {'a': [10.0, 20.0]}, 1, 60.0),
        (['a'] * 4, {'a': [10.0, 20.0]}, 2, 30.0),
        # of b nothing is known: the mean of the means, (10 + 30) / 2
        (['b'], {'a': [10.0], 'c': [30.0]}, 1, 20.0),
        # never less than the longest job
        (['a', 'c'], {'a': [1.0], 'c': [99.0]}, 2, 99.0),
        # more slots than jobs are of no use
        (['a'], {'a': [10.0]}, 8, 10.0),
        ([], {'a': [10.0]}, 1, 0.0),
        (['a'], {}, 1, None),
        (['a'], {'a': []}, 1, None),
    ],
)
def test_remaining(waiting, seconds, slots, expected):
    assert remaining_seconds(waiting, seconds, slots) == expected


def test_progress__counts_and_rate():
    now = [100.0]
    progress = Progress(['a', 'a', 'b'], 1, clock=lambda: now[0])
    assert progress.text() == ''
    now[0] = 130.0
    assert progress.ended('a', 30.0) == (
        '[1/3] 2 jobs/min, about 1 min 00 s left'
    )
    now[0] = 140.0
    # how long a failure took says nothing of the others
    text = progress.ended('a', 10.0, good=False)
    assert text == '[2/3] 3 jobs/min, about 30 s left'
    now[0] = 180.0
    assert progress.ended('b', 40.0) == '[3/3] 2.2 jobs/min'
    assert progress.done == 3


def test_progress__earlier_calls_help():
    progress = Progress(['a', 'a'], 2, {'a': [60.0]}, clock=lambda: 0.0)
    assert progress.text() == 'about 1 min 00 s left'


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0, '0 s'),
        (59.6, '1 min 00 s'),
        (61, '1 min 01 s'),
        (3600, '1 h 00 min'),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text
