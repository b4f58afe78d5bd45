import numpy as np
import pytest

from mmssl.io.video_file import (
    VideoFileReader,
    open_capture,
    packet_times,
)
from mmssl.io.video_reader import VideoError
from mmssl.testing.videos import (
    moving_frames,
    set_durations,
    set_first_frame,
    set_rotation,
    write_video,
)


@pytest.fixture
def frames():
    return moving_frames(60, 48, 64, np.random.default_rng(0))


def psnr(a, b):
    error = np.square(a.astype(float) - b).mean()
    return 10 * np.log10(255**2 / error)


@pytest.mark.parametrize('suffix', ['.mp4', '.avi'])
def test_reader__frames_in_order(tmp_path, frames, suffix):
    path = write_video(tmp_path / f'a{suffix}', frames, fps=12.5)
    reader = VideoFileReader(path)
    assert len(reader) == 60
    assert reader.fps == 12.5
    assert reader.rotation == 0
    for written, read in zip(frames, reader):
        assert read.shape == (48, 64, 3)
        assert psnr(read, written) > 20
    assert psnr(reader.read(59), frames[58]) < 20


@pytest.mark.parametrize('suffix', ['.mp4', '.avi'])
def test_reader__jumps_give_the_same_frames_as_reading_in_order(
    tmp_path, frames, suffix
):
    path = write_video(tmp_path / f'a{suffix}', frames)
    expected = list(VideoFileReader(path))
    reader = VideoFileReader(path)
    for index in (50, 3, 59, 58, 0, 1, 40, 40, 2):
        np.testing.assert_array_equal(reader.read(index), expected[index])


def test_reader__jumps_in_a_video_of_variable_rate(tmp_path, frames):
    """Time stamps say another frame than the number; the number counts."""
    path = write_video(tmp_path / 'a.mp4', frames)
    expected = list(VideoFileReader(path))
    set_durations(path, [1 + 3 * (i % 7 == 3) for i in range(60)])
    reader = VideoFileReader(path)
    for index in (50, 3, 59, 20):
        np.testing.assert_array_equal(reader.read(index), expected[index])


def test_reader__jumps_in_a_video_whose_first_frames_are_not_shown(
    tmp_path, frames
):
    path = write_video(tmp_path / 'a.mp4', frames)
    set_first_frame(path, 5 * 1024)
    in_order = VideoFileReader(path)
    expected = [in_order.read(index) for index in range(50)]
    assert psnr(expected[0], frames[5]) > 20
    reader = VideoFileReader(path)
    for index in (40, 3, 49, 20):
        np.testing.assert_array_equal(reader.read(index), expected[index])


def test_reader__rotation_tag(tmp_path, frames):
    path = write_video(tmp_path / 'a.mp4', frames[:3])
    plain = VideoFileReader(path).read(0)
    set_rotation(path, 90)
    kept = VideoFileReader(path, auto_rotate=False)
    turned = VideoFileReader(path)
    assert kept.rotation == turned.rotation == 90
    np.testing.assert_array_equal(kept.read(0), plain)
    np.testing.assert_array_equal(turned.read(0), np.rot90(plain, -1))
    # It stays so after the file is opened anew for a jump back.
    turned.read(2)
    np.testing.assert_array_equal(turned.read(0), np.rot90(plain, -1))


@pytest.mark.parametrize('index', [-1, 60, 1000])
def test_reader__frame_that_does_not_exist(tmp_path, frames, index):
    path = write_video(tmp_path / 'a.avi', frames)
    with pytest.raises(VideoError, match=rf'a\.avi: no frame {index}|'
                       r'a\.avi: no frame 60'):  # fmt: skip
        VideoFileReader(path).read(index)


def test_reader__cut_file_gives_its_whole_frames(tmp_path, frames):
    path = write_video(tmp_path / 'a.avi', frames)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    reader = VideoFileReader(path)
    assert len(reader) == 60  # as declared
    good = len(packet_times(path))
    assert 20 <= good < 40
    for index in range(good - 1):  # the last one may be cut inside
        assert psnr(reader.read(index), frames[index]) > 20
    with pytest.raises(VideoError, match='no frame'):
        reader.read(45)
    reader.read(5)
    # The end is known now: no search for it, however often one asks.
    opened = reader._capture
    for index in (45, 59):
        with pytest.raises(VideoError, match=f'no frame {index}'):
            reader.read(index)
    assert reader._capture is opened


def test_reader__percent_sign_in_a_name_is_no_pattern(tmp_path, frames):
    path = write_video(tmp_path / 'a.avi', frames[:2])
    odd = path.rename(tmp_path / '100%03d of it.avi')
    assert len(VideoFileReader(odd)) == 2


def test_reader__missing_empty_and_broken_files(tmp_path):
    with pytest.raises(VideoError, match=r'none\.mp4: no such video file'):
        VideoFileReader(tmp_path / 'none.mp4')
    (tmp_path / 'empty.mp4').touch()
    with pytest.raises(VideoError, match=r'empty\.mp4: .*0 bytes'):
        VideoFileReader(tmp_path / 'empty.mp4')
    (tmp_path / 'bad.mp4').write_bytes(b'no video' * 99)
    with pytest.raises(VideoError, match=r'bad\.mp4: not a readable video'):
        VideoFileReader(tmp_path / 'bad.mp4')


def test_packet_times__one_per_frame(tmp_path, frames):
    path = write_video(tmp_path / 'a.mp4', frames[:20], fps=12.5)
    np.testing.assert_allclose(packet_times(path), np.arange(20) * 80.0)
    set_durations(path, [1, 3] * 10)
    assert np.diff(packet_times(path)).tolist() == [80, 240] * 9 + [80]


def test_open_capture__hands_out_packets_not_pictures(tmp_path, frames):
    path = write_video(tmp_path / 'a.mp4', frames[:2])
    packet = open_capture(path, packets=True).read()[1]
    picture = open_capture(path).read()[1]
    assert picture.shape == (48, 64, 3)
    assert packet.size < picture.size
