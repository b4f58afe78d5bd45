import json

import pytest

from mmssl.flow.markers import Marker
from mmssl.flow.pairs import PairCounts
from mmssl.flow.probing import Probe
from mmssl.flow.report import ExtractionReport, Skipped, frame_notes
from mmssl.io.video_sources import VideoSource


@pytest.fixture
def report():
    markers = [
        Marker('a.mp4', 1, {}, 9, [0, 1, 2], {'scene_cut': 2}, clipped=1),
        Marker('b.mp4', 1, {}, 5, [0], {'min_motion': 1, 'scene_cut': 1}),
        Marker('c.avi', 1, {}, 4, [], {}, notes=['truncated: 4 of 9']),
    ]
    skipped = [Skipped('x.mp4', 'rotated', 'by 90 degrees')]
    return ExtractionReport('out', markers, skipped, {'b.mp4'}, resumed=2)


def test_report__numbers(report):
    assert report.num_pairs(val=False) == 3
    assert report.num_pairs(val=True) == 1
    assert report.dropped() == {'min_motion': 1, 'scene_cut': 3}


def test_text__names_every_video_with_its_reason(report):
    text = report.text()
    assert '3 videos used (2 of them from an earlier run)' in text
    assert '3 pairs in train.txt, 1 in val.txt' in text
    assert 'dropped pairs: 1 min_motion, 3 scene_cut' in text
    assert '1 pairs have more than 1 % of flow beyond 50 px' in text
    assert '1 videos skipped:\n  x.mp4: rotated: by 90 degrees' in text
    assert 'used in part:\n  c.avi: truncated: 4 of 9' in text


def test_text__long_lists_are_cut_and_odd_names_printable(report):
    report.skipped = [Skipped(f'{i}\udcff', 'empty', '') for i in range(60)]
    text = report.text()
    assert '\n  49\\udcff: empty' in text
    assert '\n  50' not in text
    assert 'and 10 more, see summary.json' in text
    text.encode()


def test_json__holds_everything(report):
    data = json.loads(json.dumps(report.to_json()))
    assert data['train_pairs'] == 3
    assert data['skipped'] == [
        {'relative': 'x.mp4', 'reason': 'rotated', 'detail': 'by 90 degrees'}
    ]
    assert [video['split'] for video in data['videos']] == [
        'train', 'val', 'train'
    ]  # fmt: skip
    assert [video['pairs'] for video in data['videos']] == [3, 1, 0]
    assert data['videos'][0]['folder'].startswith('pairs/a-')


SOURCE = VideoSource('/nowhere/a.avi', 'a.avi', 1)


@pytest.mark.parametrize(
    ('declared', 'packets', 'missing', 'note'),
    [
        (20, 20, set(), []),
        (20, 19, set(), []),  # containers may be off by one
        (20, 12, set(), ['truncated: 12 of 20 frames are readable']),
        (20, 20, {15, 16}, ['truncated: 15 of 20 frames are readable']),
        (1000, 991, set(), []),
        (0, 20, set(), []),
    ],
)
def test_frame_notes__of_a_file(declared, packets, missing, note):
    probe = Probe(frames=packets, declared=declared)
    counts = PairCounts(unreadable=missing)
    assert frame_notes(SOURCE, probe, counts) == note


def test_frame_notes__of_a_folder_name_the_images(tmp_path):
    for name in ('1.png', '2.png', '10.png'):
        (tmp_path / name).touch()
    source = VideoSource(str(tmp_path), 'f', 1)
    probe = Probe(frames=3, declared=3)
    assert frame_notes(source, probe, PairCounts()) == []
    counts = PairCounts(unreadable={2, 0})
    assert frame_notes(source, probe, counts) == [
        '2 frames unreadable, e.g. 1.png, 10.png'
    ]
