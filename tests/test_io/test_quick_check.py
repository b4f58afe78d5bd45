"""Checks that decode next to nothing."""

import numpy as np
import pytest
from PIL import Image

from mmssl.io.errors import DataFileError, VideoError
from mmssl.io.flow_files import write_flo, write_jpg
from mmssl.io.quick_check import (
    full_video_check,
    quick_flow_size,
    quick_image_size,
    quick_video_check,
)
from mmssl.testing.videos import (
    moving_frames,
    write_frame_folder,
    write_video,
)


@pytest.mark.parametrize('name', ['a.jpg', 'a.png', 'a.bmp'])
def test_image__size_or_what_is_wrong(tmp_path, name):
    path = tmp_path / name
    Image.new('RGB', (40, 24)).save(path)
    assert quick_image_size(path) == (24, 40)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DataFileError, match=rf'{name}: (the|not)'):
        quick_image_size(path)


def test_flow__size_or_what_is_wrong(tmp_path):
    write_flo(np.zeros((5, 7, 2)), tmp_path / 'a.flo')
    assert quick_flow_size([tmp_path / 'a.flo']) == (5, 7)
    write_jpg(np.zeros((5, 7), np.uint8), tmp_path / 'x.jpg')
    write_jpg(np.zeros((5, 8), np.uint8), tmp_path / 'y.jpg')
    pair = [tmp_path / 'x.jpg', tmp_path / 'x.jpg']
    assert quick_flow_size(pair) == (5, 7)
    with pytest.raises(DataFileError, match='differ in size'):
        quick_flow_size([tmp_path / 'x.jpg', tmp_path / 'y.jpg'])


def test_video__frames_or_what_is_wrong(tmp_path):
    frames = moving_frames(6, 32, 48, np.random.default_rng(0))
    path = write_video(tmp_path / 'a.mp4', frames)
    assert quick_video_check(path) == full_video_check(path) == 6
    folder = write_frame_folder(tmp_path / 'f', frames)
    assert quick_video_check(folder) == full_video_check(folder) == 6
    (folder / '4.png').write_bytes(b'oops')
    assert quick_video_check(folder) == 6  # decodes the first only
    with pytest.raises(VideoError, match=r'4\.png: .* of 6 frames'):
        full_video_check(folder)


def test_video__that_ends_early(tmp_path):
    frames = moving_frames(30, 32, 48, np.random.default_rng(0))
    path = write_video(tmp_path / 'a.avi', frames)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    for check in (quick_video_check, full_video_check):
        with pytest.raises(VideoError, match=r'a\.avi: .* of 30 frames'):
            check(path)
