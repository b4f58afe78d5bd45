import filecmp
import json
import os

import numpy as np
import pytest

from mmssl.flow import extraction
from mmssl.flow.extraction import available_cores, extract_folder
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.flow_files import read_flow
from mmssl.io.video_sources import output_name
from mmssl.testing.videos import (
    moving_frames,
    set_durations,
    set_rotation,
    write_frame_folder,
    write_video,
)

FAST = ExtractionSettings(method_options={'preset': 'fast'})


@pytest.fixture
def folder(tmp_path):
    """Three good videos of 8 frames, in three kinds and at three depths."""
    root = tmp_path / 'in put'
    for name, velocity in (('a.mp4', (2, 1)), ('b b/c.avi', (-1, 2))):
        frames = moving_frames(8, 48, 64, np.random.default_rng(0), velocity)
        write_video(root / name, frames)
    frames = moving_frames(8, 48, 64, np.random.default_rng(1), (3, 0))
    write_frame_folder(root / 'deep' / 'er', frames)
    return root


def run(folder, out, settings=FAST, **kwargs):
    kwargs.setdefault('workers', 0)
    return extract_folder(folder, out, settings, **kwargs)


def lines(out, name):
    return (out / name).read_text().splitlines()


def same_trees(a, b):
    names = sorted(p.relative_to(a) for p in a.rglob('*') if p.is_file())
    assert names == sorted(
        p.relative_to(b) for p in b.rglob('*') if p.is_file()
    )
    return [str(n) for n in names if not filecmp.cmp(a / n, b / n, False)]


def test_extract__lists_point_to_flow_of_the_true_motion(folder, tmp_path):
    out = tmp_path / 'out'
    report = run(folder, out, val_names=['deep/er'])
    train, val = lines(out, 'train.txt'), lines(out, 'val.txt')
    assert (len(train), len(val)) == (14, 7)
    assert (report.num_pairs(False), report.num_pairs(True)) == (14, 7)
    truth = {'a-': (2, 1), 'b_b__c-': (-1, 2), 'deep__er-': (3, 0)}
    for line in train + val:
        *images, x, y = line.split()
        first, second = (int(os.path.basename(i)[:6]) for i in images)
        assert second == first + 1
        assert all((out / image).is_file() for image in images)
        flow = read_flow([out / x, out / y])
        name = line.split('/')[1]
        (motion,) = (v for k, v in truth.items() if name.startswith(k))
        inner = flow[8:-8, 8:-8]
        assert np.linalg.norm(inner - motion, axis=-1).mean() < 0.7


def test_extract__flo_and_stride(folder, tmp_path):
    settings = ExtractionSettings(stride=3, step=2, format='flo')
    run(folder, tmp_path / 'out', settings, val_share=0)
    train = lines(tmp_path / 'out', 'train.txt')
    assert len(train) == 3 * 3  # 0, 2, 4 of 8 frames
    first, second, flow = train[1].split()
    assert os.path.basename(first) == '000002.jpg'
    assert os.path.basename(second) == '000005.jpg'
    motion = read_flow(tmp_path / 'out' / flow)[10:-10, 14:-14]
    assert np.linalg.norm(motion - [6, 3], axis=-1).mean() < 1


def test_extract__resumed_run_redoes_nothing_and_ends_the_same(
    folder, tmp_path, monkeypatch
):
    whole, out = tmp_path / 'whole', tmp_path / 'out'
    run(folder, whole)
    # A run that dies in the middle of the second video.
    original, seen = extraction.PairRun._finish, []

    def interrupted(self, task):
        if seen:
            raise KeyboardInterrupt
        seen.append(task.source.relative)
        original(self, task)

    monkeypatch.setattr(extraction.PairRun, '_finish', interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(folder, out)
    assert not (out / 'train.txt').exists()
    done = out / 'pairs' / output_name(seen[0])
    before = {p: p.stat().st_mtime_ns for p in done.iterdir()}
    monkeypatch.undo()
    report = run(folder, out)
    assert report.resumed == 1
    assert {p: p.stat().st_mtime_ns for p in done.iterdir()} == before
    assert same_trees(whole, out) == []


def test_extract__third_run_does_nothing_at_all(folder, tmp_path):
    out = tmp_path / 'out'
    run(folder, out)
    before = {p: p.stat().st_mtime_ns for p in out.glob('pairs/*/*')}
    report = run(folder, out)
    assert report.resumed == 3
    assert {p: p.stat().st_mtime_ns for p in out.glob('pairs/*/*')} == before


def test_extract__new_videos_are_added(folder, tmp_path):
    out = tmp_path / 'out'
    run(folder, out, val_share=0)
    frames = moving_frames(5, 48, 64, np.random.default_rng(3))
    write_video(folder / 'new.avi', frames)
    report = run(folder, out, val_share=0)
    assert report.resumed == 3
    assert len(lines(out, 'train.txt')) == 3 * 7 + 4


def test_extract__other_settings_are_an_error_or_redone(folder, tmp_path):
    out = tmp_path / 'out'
    run(folder, out)
    other = ExtractionSettings(
        method_options={'preset': 'fast'}, step=7, format='flo'
    )
    with pytest.raises(ValueError, match=r'3 videos.*step: 1 there, 7 now'):
        run(folder, out, other)
    assert len(lines(out, 'train.txt') + lines(out, 'val.txt')) == 21
    run(folder, out, other, overwrite=True)
    assert len(lines(out, 'train.txt') + lines(out, 'val.txt')) == 3
    # Nothing of the first run is left behind.
    assert len(list(out.glob('pairs/*/*'))) == 3 * 3


def test_extract__a_video_that_was_replaced_is_noticed(folder, tmp_path):
    run(folder, tmp_path / 'out')
    frames = moving_frames(4, 48, 64, np.random.default_rng(3))
    write_video(folder / 'a.mp4', frames)
    with pytest.raises(ValueError, match=r'a\.mp4 \(size of the video: '):
        run(folder, tmp_path / 'out')


def test_extract__every_bad_video_is_named_and_skipped(folder, tmp_path):
    frames = moving_frames(8, 48, 64, np.random.default_rng(2))
    bad = folder / 'bad'
    bad.mkdir()
    (bad / 'empty.mp4').touch()
    (bad / 'noise.mkv').write_bytes(b'no video' * 50)
    write_video(bad / 'one.mp4', frames[:1])
    set_rotation(write_video(bad / 'turned.mp4', frames), 90)
    set_durations(write_video(bad / 'vfr.mp4', frames), [1, 2] * 4)
    cut = write_video(bad / 'cut.avi', frames)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    out = tmp_path / 'out'
    report = run(folder, out)
    expected = {
        'bad/empty.mp4': 'empty',
        'bad/noise.mkv': 'unreadable',
        'bad/one.mp4': 'one_frame',
        'bad/turned.mp4': 'rotated',
        'bad/vfr.mp4': 'variable_rate',
    }
    assert {s.relative: s.reason for s in report.skipped} == expected
    summary = json.loads((out / 'summary.json').read_text())
    assert {s['relative'] for s in summary['skipped']} == set(expected)
    (part,) = (v for v in summary['videos'] if v['notes'])
    assert part['relative'] == 'bad/cut.avi'
    assert 'truncated' in part['notes'][0]
    assert 0 < part['pairs'] < 7
    for name in expected:
        assert name in report.text()
    # The switches take two of them in, and their absence out again.
    switches = ExtractionSettings(
        method_options={'preset': 'fast'},
        allow_variable_rate=True,
        auto_rotate=True,
    )
    report = run(folder, out, switches)
    assert len(report.skipped) == 3
    assert report.num_pairs(False) + report.num_pairs(True) > 21 + 7
    assert len(run(folder, out).skipped) == 5


def test_extract__scene_cut_and_min_motion_are_counted(tmp_path):
    still = np.full((48, 64, 3), 40, np.uint8)
    still[10:20, 10:30] = 90
    moving = moving_frames(3, 48, 64, np.random.default_rng(0))
    write_frame_folder(tmp_path / 'in', [still, still, *moving])
    settings = ExtractionSettings(min_motion=1.0)
    report = run(tmp_path / 'in', tmp_path / 'out', settings)
    assert report.dropped() == {'min_motion': 1, 'scene_cut': 1}
    assert report.num_pairs(False) == 2
    assert 'val.txt is empty' in report.text()


def test_extract__split_follows_the_seed_and_not_the_order(folder, tmp_path):
    sides = []
    for seed in range(6):
        report = run(folder, tmp_path / 'out', val_share=0.4, seed=seed)
        assert len(report.val) == 1  # round(0.4 * 3)
        sides.append(sorted(report.val))
    assert len({tuple(side) for side in sides}) > 1
    again = run(folder, tmp_path / 'out', val_share=0.4, seed=5)
    assert sorted(again.val) == sides[5]


def test_extract__out_inside_in_is_not_searched(folder):
    out = folder / 'out'
    run(folder, out)
    assert run(folder, out).resumed == 3


def test_extract__content_of_others_in_out_is_kept(folder, tmp_path):
    out = tmp_path / 'out'
    (out / 'pairs').mkdir(parents=True)
    for name in ('notes.txt', 'train.txt', 'pairs/mine.jpg'):
        (out / name).write_text(name)
    report = run(folder, out)
    assert (out / 'notes.txt').read_text() == 'notes.txt'
    assert (out / 'pairs' / 'mine.jpg').read_text() == 'pairs/mine.jpg'
    assert (out / 'train.txt.kept-1').read_text() == 'train.txt'
    assert 'train.txt.kept-1' in report.text()


def test_extract__one_video_file_as_input(folder, tmp_path):
    report = run(folder / 'a.mp4', tmp_path / 'out')
    assert report.num_pairs(False) == 7


def test_extract__absolute_paths(folder, tmp_path):
    run(folder, tmp_path / 'out', absolute=True)
    for line in lines(tmp_path / 'out', 'train.txt'):
        assert all(os.path.isfile(field) for field in line.split())


def test_extract__nothing_usable_is_an_error_with_reasons(tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'a.mp4').touch()
    with pytest.raises(ValueError, match=r'not one pair(.|\n)*a\.mp4: empty'):
        run(tmp_path / 'in', tmp_path / 'out')
    assert (tmp_path / 'out' / 'summary.json').exists()


def test_extract__wrong_places(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match='no such folder'):
        run(tmp_path / 'gone', tmp_path / 'out')
    with pytest.raises(ValueError, match='same folder'):
        run(folder, folder)
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match='cannot write to the output folder'):
        run(folder, tmp_path / 'file' / 'out')


def test_extract__wrong_arguments_fail_before_any_work(folder, tmp_path):
    out = tmp_path / 'out'
    for kwargs, problem in (
        ({'val_share': 1.0}, r'val_share must be in \[0, 1\)'),
        ({'val_names': ['nobody']}, 'names of the validation list'),
        ({'workers': -1}, 'workers must not be negative'),
    ):
        with pytest.raises(ValueError, match=problem):
            run(folder, out, **kwargs)
    missing = ExtractionSettings(method='raft_small')
    with pytest.raises(ValueError, match='needs a weights file'):
        run(folder, out, missing)
    assert not list(out.glob('pairs/*'))


def test_available_cores__is_what_the_process_may_use():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize('workers', [1, 2])
def test_extract__number_of_workers_does_not_change_a_byte(
    folder, tmp_path, workers
):
    # One long video, so that two workers share it.
    frames = moving_frames(40, 48, 64, np.random.default_rng(4), (1, 0))
    write_video(folder / 'long.mp4', frames)
    run(folder, tmp_path / 'a')
    run(folder, tmp_path / 'b', workers=workers)
    assert same_trees(tmp_path / 'a', tmp_path / 'b') == []
