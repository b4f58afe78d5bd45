"""The record of a check: grows, goes on after a kill, becomes a report."""

import json

from mmssl.datasets.check_record import CheckRecord
from mmssl.datasets.file_check import CheckTask, Finding

CUT = Finding(3, 'a b.jpg', 'image', 'cut\tshort', 'my, line 2, line 4')
NAN = Finding(70, 'c.flo', 'flow', 'NaN', 'l.txt, line 71')
CLIP = Finding(0, 'v.mp4', 'video', 'ends early', '')


def record_at(path, identity='one'):
    return CheckRecord(path, dict(name=identity), [100, 2], [64, 1])


def test_record__goes_on_where_it_was_killed(tmp_path):
    path = tmp_path / 'deep' / 'r.partial'
    record = record_at(path)
    record.add(CheckTask(0, 64, 100), [NAN])
    record.add(CheckTask(1, 0, 1), [CLIP])
    record.close()
    with open(path, 'a') as file:
        file.write('[[0, 0, 64], [[3, "a')  # killed while writing
    again = record_at(path)
    assert again.is_done(0, 64)
    assert not again.is_done(0, 0)
    assert (again.is_done(1, 0), again.is_done(1, 1)) == (True, False)
    assert (again.done, again.bad) == ([36, 1], 2)
    again.add(CheckTask(0, 0, 64), [CUT])
    again.close()
    assert list(again.findings()) == [NAN, CLIP, CUT]
    assert list(again.findings(0)) == [NAN, CUT]
    assert again.counts == {(0, 'flow'): 1, (1, 'video'): 1, (0, 'image'): 1}


def test_record__of_another_check_is_not_continued(tmp_path):
    path = tmp_path / 'r.partial'
    record = record_at(path)
    record.add(CheckTask(0, 0, 64), [CUT])
    record.close()
    other = record_at(path, 'two')
    other.close()
    assert (other.done, other.bad) == ([0, 0], 0)
    path.write_bytes(b'\xff\xfe no text')
    other = record_at(path, 'two')
    other.close()
    assert other.done == [0, 0]


def test_report__tab_separated_and_json(tmp_path):
    record = record_at(tmp_path / 'r.partial')
    record.write_report(tmp_path / 'none.json')
    assert json.loads((tmp_path / 'none.json').read_text()) == []
    record.add(CheckTask(0, 0, 64), [CUT])
    record.add(CheckTask(1, 0, 1), [CLIP])
    record.close()
    record.write_report(tmp_path / 'r.tsv')
    lines = (tmp_path / 'r.tsv').read_text().splitlines()
    assert [line.split('\t') for line in lines] == [
        ['file', 'kind', 'reason', 'list', 'line'],
        ['a b.jpg', 'image', 'cut short', 'my, line 2', '4'],
        ['v.mp4', 'video', 'ends early', '', ''],
    ]
    record.write_report(tmp_path / 'r.json')
    first, second = json.loads((tmp_path / 'r.json').read_text())
    assert first == dict(
        file='a b.jpg',
        kind='image',
        reason='cut\tshort',
        list='my, line 2',
        line=4,
    )
    assert second['file'] == 'v.mp4'
