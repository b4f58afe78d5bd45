import numpy as np
import pytest

from mmssl.io.video_reader import VideoError, VideoReader


class Counting(VideoReader):
    """Frame i is (i, i + 1, i + 2) in BGR everywhere."""

    closed = False

    def __len__(self):
        return 4

    def read_bgr(self, index):
        if index >= len(self):
            raise VideoError(f'counting: no frame {index}')
        pixel = np.arange(index, index + 3, dtype=np.uint8)
        return np.broadcast_to(pixel, (2, 2, 3)).copy()

    def close(self):
        self.closed = True


def test_reader__read_turns_bgr_to_rgb():
    assert Counting().read(5 - 3)[1, 1].tolist() == [4, 3, 2]


def test_reader__iterates_over_all_frames():
    assert [int(f[0, 0, 2]) for f in Counting()] == [0, 1, 2, 3]


def test_reader__closes_at_the_end_of_with():
    with Counting() as reader:
        assert not reader.closed
    assert reader.closed


def test_reader__base_class_is_abstract():
    with pytest.raises(NotImplementedError):
        VideoReader().read(0)
    with pytest.raises(NotImplementedError):
        len(VideoReader())


def test_video_error__is_a_value_error_and_not_one_of_the_machine():
    assert issubclass(VideoError, ValueError)
    assert not issubclass(VideoError, OSError)
