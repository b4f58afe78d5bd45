import cv2
import numpy as np
import pytest

from mmssl.io.frame_folder import FrameFolderReader, list_frames, natural_key
from mmssl.io.video_reader import VideoError
from mmssl.testing.videos import moving_frames, write_frame_folder


@pytest.fixture
def frames():
    return moving_frames(12, 20, 24, np.random.default_rng(1))


def test_reader__natural_order_and_exact_pixels(tmp_path, frames):
    reader = FrameFolderReader(write_frame_folder(tmp_path, frames))
    assert len(reader) == 12
    assert [file.name for file in reader.files[:3]] == [
        '0.png', '1.png', '2.png'
    ]  # fmt: skip
    for index in (11, 0, 10, 2):
        np.testing.assert_array_equal(reader.read(index), frames[index])
    assert reader.fps == 0
    assert reader.rotation == 0


def test_list_frames__leaves_out_hidden_files_folders_and_others(tmp_path):
    for name in ('b.JPG', 'a.png', '.hidden.png', 'notes.txt', 'v.mp4'):
        (tmp_path / name).touch()
    (tmp_path / 'folder.png').mkdir()
    names = [file.name for file in list_frames(tmp_path)]
    assert names == ['a.png', 'b.JPG']


def test_natural_key__numbers_count_as_numbers():
    names = ['f10', 'f9', 'f009', 'f', '7', '10a', '10', 'f1b2', 'f1b10']
    assert sorted(names, key=natural_key) == [
        '7', '10', '10a', 'f', 'f1b2', 'f1b10', 'f009', 'f9', 'f10'
    ]  # fmt: skip


def test_natural_key__digits_of_other_scripts_are_letters():
    assert sorted(['a²', 'a1'], key=natural_key) == ['a1', 'a²']


def test_reader__grey_and_16_bit_images_become_8_bit_colour(tmp_path):
    deep = np.full((4, 5), 0x8000, np.uint16)
    cv2.imwrite(str(tmp_path / 'a.png'), deep)
    frame = FrameFolderReader(tmp_path).read(0)
    assert frame.dtype == np.uint8
    assert frame.shape == (4, 5, 3)
    assert int(frame[0, 0, 0]) == 0x80


def test_reader__damaged_image_is_named(tmp_path, frames):
    write_frame_folder(tmp_path, frames[:3])
    (tmp_path / '1.png').write_bytes(b'')
    (tmp_path / '2.png').write_bytes(b'no image')
    reader = FrameFolderReader(tmp_path)
    for index in (1, 2):
        with pytest.raises(VideoError, match=rf'{index}\.png: not a read'):
            reader.read(index)
    (tmp_path / '0.png').unlink()
    with pytest.raises(VideoError, match=r'0\.png'):
        reader.read(0)


def test_reader__no_such_frame_and_empty_folder(tmp_path, frames):
    with pytest.raises(VideoError, match='holds no images'):
        FrameFolderReader(tmp_path)
    write_frame_folder(tmp_path, frames[:2])
    for index in (-1, 2):
        with pytest.raises(VideoError, match=f'no frame {index}'):
            FrameFolderReader(tmp_path).read(index)
