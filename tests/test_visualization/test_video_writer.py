import cv2
import numpy as np
import pytest
from PIL import Image

from mmssl.io.videos import open_video
from mmssl.testing.videos import moving_frames
from mmssl.visualization import video_writer
from mmssl.visualization.video_writer import write_animation


def frames(height=48, width=64, n=5):
    return moving_frames(n, height, width, np.random.default_rng(0))


@pytest.mark.parametrize('suffix', ['.mp4', '.avi', '.MP4'])
def test_write_animation__video_reads_back(tmp_path, suffix):
    shown = frames()
    path = write_animation(shown, tmp_path / 'new' / f'a{suffix}', fps=5)
    with open_video(path) as reader:
        assert len(reader) == 5
        assert reader.fps == pytest.approx(5)
        for i, frame in enumerate(shown):
            error = np.abs(reader.read(i).astype(int) - frame.astype(int))
            assert error.mean() < 12  # lossy
            other = shown[(i + 2) % 5].astype(int)
            wrong = np.abs(reader.read(i).astype(int) - other)
            assert wrong.mean() > 2 * error.mean()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_write_animation__odd_sides_get_one_more_pixel(tmp_path):
    path = write_animation(frames(47, 63), tmp_path / 'a.mp4')
    with open_video(path) as reader:
        assert reader.read(0).shape == (48, 64, 3)


def test_write_animation__gif_loops_at_its_rate(tmp_path):
    shown = [np.full((10, 12, 3), level, np.uint8) for level in (0, 90, 200)]
    path = write_animation(shown, tmp_path / 'a.gif', fps=4)
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.info['loop']) == (3, 0)
        for i, frame in enumerate(shown):
            gif.seek(i)
            assert gif.info['duration'] == 250
            np.testing.assert_array_equal(gif.convert('RGB'), frame)


def test_write_animation__the_next_codec_where_one_is_missing(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(video_writer._CODECS, '.avi', ('ZZZZ', 'MJPG'))
    path = write_animation(frames(), tmp_path / 'a.avi')
    capture = cv2.VideoCapture(str(path))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == 5
    capture.release()
    monkeypatch.setitem(video_writer._CODECS, '.avi', ('ZZZZ',))
    with pytest.raises(OSError, match=r'cannot write ZZZZ here.*\.gif'):
        write_animation(frames(), tmp_path / 'b.avi')
    assert [p.name for p in tmp_path.iterdir()] == ['a.avi']


def test_write_animation__mistakes(tmp_path):
    with pytest.raises(ValueError, match=r'one of \.avi, \.gif, \.mp4, got'):
        write_animation(frames(), tmp_path / 'a.mkv')
    with pytest.raises(ValueError, match='no frames'):
        write_animation([], tmp_path / 'a.gif')
    with pytest.raises(ValueError, match='all of one size'):
        write_animation([*frames(), *frames(20, 20)], tmp_path / 'a.gif')
    with pytest.raises(ValueError, match='fps must be positive, got 0'):
        write_animation(frames(), tmp_path / 'a.gif', fps=0)
