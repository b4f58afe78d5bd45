"""Counts of bad samples: merged, kept, written, too many."""

import pytest

from mmssl.datasets.replacement import Refusal
from mmssl.engine.bad_data import BadData
from mmssl.io.errors import BadDataError

A = Refusal('a.jpg', 'cut', 'l.txt, line 1', True)
B = Refusal('b.flo', 'NaN', 'l.txt, line 2', True)
NONE = Refusal('c.jpg', 'the pipeline returned None', 'l.txt, line 3', False)


def counted():
    """Twelve draws: two met bad files (one of them twice), one None."""
    counts = BadData()
    counts.add(8, [[A, B], [NONE]])
    counts.add(4, [[A]])
    return counts


def test_add__draws_and_files():
    counts = counted()
    assert (counts.draws, counts.unreadable, counts.refused) == (12, 2, 1)
    assert counts.files == {A: 2, B: 1, NONE: 1}
    assert counts.share == 2 / 12
    assert BadData().share == 0
    assert counts.by_count() == [A, B, NONE]


def test_merge_and_state__are_sums_and_copies():
    total = BadData.from_state(counted().state())
    total.merge(counted())
    assert total.files == {A: 4, B: 2, NONE: 2}
    assert (total.draws, total.unreadable, total.refused) == (24, 4, 2)
    assert total.share == counted().share


def test_check__share_and_least_number():
    counts = counted()
    counts.check(2 / 12, 1, 'r.txt')
    counts.check(0.0, 3, 'r.txt')
    match = (
        r'2 of 12 samples \(16\.7%\) .* max_share=0\.1 .* All 2 files .*'
        r'r\.txt(.|\n)*a\.jpg: cut \(from l\.txt, line 1\)\n  b\.flo: NaN'
    )
    with pytest.raises(BadDataError, match=match) as raised:
        counts.check(0.1, 2, 'r.txt')
    assert 'c.jpg' not in str(raised.value)


def test_check__long_lists_are_cut():
    counts = BadData()
    for i in range(25):
        counts.add(1, [[A._replace(path=f'{i}.jpg')]])
    with pytest.raises(BadDataError, match='and 5 more'):
        counts.check(0.5, 1, 'r.txt')


def test_write__one_line_for_each(tmp_path):
    path = tmp_path / 'bad.txt'
    counts = counted()
    counts.add(1, [[A._replace(path='d\te\nf.jpg')]])
    counts.write(str(path), ['v.mp4: 1 frame'])
    lines = [line.split('\t') for line in path.read_text().splitlines()]
    assert lines == [
        ['count', 'kind', 'file', 'reason', 'named by'],
        ['2', 'unreadable', 'a.jpg', 'cut', 'l.txt, line 1'],
        ['1', 'unreadable', 'b.flo', 'NaN', 'l.txt, line 2'],
        ['1', 'refused', 'c.jpg', NONE.reason, 'l.txt, line 3'],
        ['1', 'unreadable', 'd e f.jpg', 'cut', 'l.txt, line 1'],
        ['0', 'left out', 'v.mp4: 1 frame', '', ''],
    ]
    assert [p.name for p in tmp_path.iterdir()] == ['bad.txt']
