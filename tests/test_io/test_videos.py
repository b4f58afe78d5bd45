import numpy as np
import pytest

from mmssl.io.videos import (
    FrameFolderReader,
    VideoError,
    VideoFileReader,
    open_video,
)
from mmssl.testing.videos import (
    moving_frames,
    set_rotation,
    write_frame_folder,
    write_video,
)


@pytest.fixture
def frames():
    return moving_frames(4, 32, 40, np.random.default_rng(2))


def test_open_video__a_file_or_a_folder(tmp_path, frames):
    file = write_video(tmp_path / 'a.mp4', frames)
    folder = write_frame_folder(tmp_path / 'frames', frames)
    with open_video(file) as of_file, open_video(str(folder)) as of_folder:
        assert isinstance(of_file, VideoFileReader)
        assert isinstance(of_folder, FrameFolderReader)
        for index in range(4):
            difference = of_file.read(index).astype(int)
            difference -= of_folder.read(index)
            assert np.abs(difference).mean() < 8


def test_open_video__passes_auto_rotate_on(tmp_path, frames):
    file = write_video(tmp_path / 'a.mp4', frames)
    set_rotation(file, 90)
    assert open_video(file).read(0).shape == (40, 32, 3)
    assert open_video(file, auto_rotate=False).read(0).shape == (32, 40, 3)


def test_open_video__nothing_there(tmp_path):
    with pytest.raises(VideoError, match='gone'):
        open_video(tmp_path / 'gone')
