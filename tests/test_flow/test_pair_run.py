import json
import os
from collections import Counter
from pathlib import Path

import pytest

from mmssl.flow.layout import pair_folder
from mmssl.flow.pair_run import PairRun, pair_cost
from mmssl.flow.pairs import PairCounts
from mmssl.flow.probing import Probe
from mmssl.flow.settings import ExtractionSettings
from mmssl.flow.workers import InlinePool
from mmssl.io.video_sources import VideoSource

SOURCES = [VideoSource(f'/in/{i}.mp4', f'{i}.mp4', 7) for i in range(4)]
PROBES = {i: Probe(21, 40, 60, declared=21) for i in (0, 1, 3)}


@pytest.fixture
def out(tmp_path):
    (tmp_path / 'done').mkdir()
    return str(tmp_path)


def drive(out, handler, **options):
    settings = ExtractionSettings(**options)
    run = PairRun(SOURCES, PROBES, out, settings, {'stride': 1}, None)
    with InlinePool(lambda: handler) as pool:
        run.drive(pool)
    return run


def keep_all(task):
    return PairCounts(list(range(task.begin, task.end)))


def names(out, folder):
    return sorted(p.name for p in Path(out, folder).iterdir())


def test_run__counts_of_all_units_end_in_one_marker(out):
    def handler(task):
        counts = keep_all(task)
        counts.kept.reverse()
        counts.dropped = Counter(scene_cut=1)
        counts.clipped = 1
        return counts

    run = drive(out, handler)
    assert [marker.relative for marker in run.markers] == [
        '0.mp4', '1.mp4', '3.mp4'
    ]  # fmt: skip
    marker = run.markers[0]
    assert marker.kept == list(range(20))
    assert marker.dropped == {'scene_cut': 3}  # 20 pairs in units of 8
    assert marker.clipped == 3
    assert marker.frames == 21
    assert marker.num_bytes == 7
    path = f'{out}/done/{SOURCES[0].name}.json'
    with open(path) as file:
        assert json.load(file)['kept'] == marker.kept


def test_run__what_an_unfinished_run_left_is_cleared_first(out):
    folder = pair_folder(out, SOURCES[0].name)
    os.makedirs(folder)
    for name in ('000900.jpg', 'mine.txt'):
        open(f'{folder}/{name}', 'w').close()
    drive(out, keep_all)
    assert os.listdir(folder) == ['mine.txt']


@pytest.mark.parametrize('kind', ['raises', 'unreadable'])
def test_run__a_video_that_fails_half_way_leaves_nothing(out, kind):
    def handler(task):
        with open(f'{task.folder}/{task.begin:06d}.jpg', 'w'):
            pass
        if task.video != 1:
            return keep_all(task)
        if kind == 'raises' and task.begin >= 8:
            raise ValueError('odd frame')
        counts = PairCounts()
        counts.dropped['unreadable'] = task.end - task.begin
        return counts

    run = drive(out, handler)
    assert [marker.relative for marker in run.markers] == ['0.mp4', '3.mp4']
    (skipped,) = run.skipped
    assert skipped.relative == '1.mp4'
    assert skipped.reason == ('failed' if kind == 'raises' else 'unreadable')
    kept = sorted(SOURCES[i].name for i in (0, 3))
    assert names(out, 'pairs') == kept
    assert names(out, 'done') == [f'{name}.json' for name in kept]


def test_run__a_full_disk_ends_it(out):
    def handler(task):
        raise OSError('No space left on device')

    with pytest.raises(OSError, match=r'0\.mp4: No space left'):
        drive(out, handler)


def test_run__a_video_without_pairs_is_finished_and_has_no_folder(out):
    def handler(task):
        counts = PairCounts()
        counts.dropped['min_motion'] = task.end - task.begin
        return counts

    run = drive(out, handler)
    assert [marker.kept for marker in run.markers] == [[], [], []]
    assert names(out, 'pairs') == []
    assert len(names(out, 'done')) == 3


def test_pair_cost__pixels_after_resizing():
    probe = Probe(9, 720, 1280)
    assert pair_cost(probe, ExtractionSettings()) == 720 * 1280
    assert pair_cost(probe, ExtractionSettings(short_size=360)) == 360 * 640
    assert pair_cost(probe, ExtractionSettings(short_size=999)) == 720 * 1280
