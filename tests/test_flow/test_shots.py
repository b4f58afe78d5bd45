"""Splitting videos at their scene cuts."""

import cv2
import numpy as np
import pytest

from mmssl.flow.shots import shot_numbers, split_shots
from mmssl.testing.videos import moving_frames, write_video


def two_scenes():
    first = moving_frames(4, 64, 80, np.random.default_rng(1), (2, 1))
    second = moving_frames(3, 64, 80, np.random.default_rng(2), (1, 0))
    return first + [255 - frame // 3 for frame in second]


def test_shot_numbers__one_cut():
    assert list(shot_numbers(two_scenes())) == [0, 0, 0, 0, 1, 1, 1]


def test_shot_numbers__no_frames_no_shots():
    assert list(shot_numbers([])) == []


def test_split_shots__writes_each_frame_once(tmp_path):
    frames = two_scenes()
    write_video(tmp_path / 'in' / 'film.avi', frames)
    said = []
    shots = split_shots(tmp_path / 'in', tmp_path / 'out', report=said.append)
    assert [s.name for s in shots] == ['shot_000', 'shot_001']
    files = [sorted(s.iterdir()) for s in shots]
    assert [len(f) for f in files] == [4, 3]
    for path, frame in zip(files[0] + files[1], frames):
        written = cv2.imread(str(path))[..., ::-1].astype(int)
        assert np.abs(written - frame).mean() < 8  # two jpg encodings
    assert said == ['film.avi: 2 shots, 7 frames']


def test_split_shots__second_run_leaves_files_alone(tmp_path):
    write_video(tmp_path / 'in' / 'film.avi', two_scenes())
    shots = split_shots(tmp_path / 'in', tmp_path / 'out')
    before = [p.stat().st_mtime_ns for s in shots for p in s.iterdir()]
    said = []
    again = split_shots(tmp_path / 'in', tmp_path / 'out', report=said.append)
    assert again == shots
    assert said == ['film.avi: there already']
    after = [p.stat().st_mtime_ns for s in again for p in s.iterdir()]
    assert after == before


def test_split_shots__short_shots_are_counted(tmp_path):
    write_video(tmp_path / 'in' / 'film.avi', two_scenes())
    said = []
    shots = split_shots(
        tmp_path / 'in', tmp_path / 'out', min_frames=4, report=said.append
    )
    assert [s.name for s in shots] == ['shot_000']
    assert said == ['film.avi: 1 shots, 4 frames, 1 too short']


def test_split_shots__unreadable_video_is_named(tmp_path):
    write_video(tmp_path / 'in' / 'film.avi', two_scenes())
    (tmp_path / 'in' / 'broken.mp4').write_bytes(b'no video')
    said = []
    shots = split_shots(tmp_path / 'in', tmp_path / 'out', report=said.append)
    assert len(shots) == 2
    assert [s for s in said if 'skipped' in s and 'broken.mp4' in s]
    names = [p.name for p in (tmp_path / 'out').iterdir()]
    assert not [n for n in names if 'broken' in n]


def test_split_shots__no_videos(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no videos'):
        split_shots(tmp_path, tmp_path / 'out')


def test_split_shots__min_frames(tmp_path):
    with pytest.raises(ValueError, match='at least 1, got 0'):
        split_shots(tmp_path, tmp_path / 'out', min_frames=0)
