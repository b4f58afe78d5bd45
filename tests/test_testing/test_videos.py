import struct
from pathlib import Path

import numpy as np
import pytest

from mmssl.io.videos import open_video
from mmssl.testing.videos import (
    moving_frames,
    set_durations,
    set_first_frame,
    set_rotation,
    write_frame_folder,
    write_video,
)


@pytest.mark.parametrize('velocity', [(2, 1), (-3, 2), (0, -1), (0, 0)])
def test_moving_frames__content_moves_by_the_velocity(velocity):
    frames = moving_frames(4, 30, 40, np.random.default_rng(0), velocity)
    right, down = velocity
    for first, second in zip(frames, frames[1:]):
        for row, col in [(10, 12), (20, 25)]:
            assert (first[row, col] == second[row + down, col + right]).all()
    assert {frame.shape for frame in frames} == {(30, 40, 3)}


def test_write_video__wrong_suffix():
    with pytest.raises(ValueError, match=r"\['.avi', '.mp4'\], got '.mkv'"):
        write_video(Path('a.mkv'), [np.zeros((8, 8, 3), np.uint8)])


def test_write_frame_folder__is_exact(tmp_path):
    frames = moving_frames(3, 8, 9, np.random.default_rng(1))
    folder = write_frame_folder(tmp_path / 'f', frames)
    for frame, again in zip(frames, open_video(folder)):
        np.testing.assert_array_equal(frame, again)


def test_set_rotation__changes_the_tag_and_nothing_else(tmp_path):
    frames = moving_frames(3, 16, 32, np.random.default_rng(1))
    path = write_video(tmp_path / 'a.mp4', frames)
    before = path.read_bytes()
    for degrees in (90, 180, 0):
        set_rotation(path, degrees)
        assert open_video(path).rotation == degrees
        assert len(path.read_bytes()) == len(before)
    assert path.read_bytes() == before


def test_set_durations__rewrites_the_table(tmp_path):
    frames = moving_frames(5, 16, 32, np.random.default_rng(1))
    path = write_video(tmp_path / 'a.mp4', frames)
    set_durations(path, [1, 2, 3, 1, 1])
    data = path.read_bytes()
    at = data.index(b'stts') + 4
    _, rows = struct.unpack('>II', data[at : at + 8])
    table = struct.unpack('>10I', data[at + 8 : at + 48])
    unit = table[1]
    assert rows == 5
    assert table[1::2] == (unit, 2 * unit, 3 * unit, unit, unit)
    assert len(list(open_video(path))) == 5


def test_set_rotation__no_such_box(tmp_path):
    (tmp_path / 'a.mp4').write_bytes(struct.pack('>I4s', 8, b'free'))
    with pytest.raises(ValueError, match=r'a\.mp4: no tkhd box'):
        set_rotation(tmp_path / 'a.mp4', 90)


def test_set_first_frame__the_frames_before_are_not_shown(tmp_path):
    frames = moving_frames(6, 32, 32, np.random.default_rng(1))
    path = write_video(tmp_path / 'a.mp4', frames)
    fourth = open_video(path).read(3)
    set_first_frame(path, 3 * 1024)  # OpenCV's clock: 1024 per frame
    np.testing.assert_array_equal(open_video(path).read(0), fourth)
