"""Workers that crash on a file: survived, and the file found."""

import io
import os
import sys
from pathlib import Path

import pytest

from mmssl.apis.check_run import CheckRun, num_cpus
from mmssl.datasets.check_record import CheckRecord

# On the path, so that processes that are not forked find it, too.
PARTS = Path(__file__).parents[1] / 'data' / 'pool_parts'
sys.path.insert(0, str(PARTS))
from check_items import Items  # noqa: E402


def run(files, path, workers=2, limit=60.0):
    record = CheckRecord(path, {}, [len(files)], [files.chunk])
    try:
        CheckRun([files], record, None).drive(workers, limit)
    finally:
        record.close()
    return record


def test_run__all_items_in_all_workers(tmp_path):
    record = run(Items(30, bad=(0, 9, 29)), tmp_path / 'r')
    assert [f.item for f in sorted(record.findings())] == [0, 9, 29]
    assert record.done == [30]


def test_run__crashing_files_are_found_among_the_others(tmp_path):
    files = Items(20, bad=(3, 5), crash=((4, 'a'), (17, 'b')))
    record = run(files, tmp_path / 'r')
    found = sorted(record.findings())
    assert [f.path for f in found] == ['3.a', '4.a', '5.a', '17.b']
    crash = found[1]
    assert crash.kind == 'image'
    assert crash.source == 'l.txt, line 5'
    assert crash.reason == 'the decoder crashes: its process ended with -9'
    assert record.done == [20]


def test_run__a_decoder_that_hangs_is_ended(tmp_path):
    record = run(Items(2, hang=((1, 'b'),)), tmp_path / 'r', 1, limit=0.3)
    (found,) = record.findings()
    assert (found.path, found.kind) == ('1.b', 'flow')
    assert found.reason.endswith('not done after 0.3 s')


def test_run__mistakes_in_code_stop_it_and_the_rest_is_kept(tmp_path):
    with pytest.raises(RuntimeError, match=r'KeyError: .a mistake'):
        run(Items(30, bad=(0,), mistake=(20,)), tmp_path / 'r', 1)
    record = CheckRecord(tmp_path / 'r', {}, [30], [8])
    assert record.done == [16]
    stream = io.StringIO()
    files = Items(30, bad=(0, 25))
    CheckRun([files], record, stream).drive(1, 60)
    record.close()
    assert record.bad == 2
    assert 'lines 14/14 ' in stream.getvalue()


def test_cpus__at_least_one():
    assert 1 <= num_cpus() <= (os.cpu_count() or 1)
