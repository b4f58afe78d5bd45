import numpy as np
import pytest

from mmssl.pretraining.data_folder import (
    PretrainError,
    inspect_folder,
    looks_like_frames,
)
from mmssl.testing.toys import make_toy_flow_list, textured_image
from mmssl.testing.videos import (
    moving_frames,
    write_frame_folder,
    write_video,
)


def frames(seed=0, n=4):
    return moving_frames(n, 48, 64, np.random.default_rng(seed))


def photos(n=4, sizes=((48, 64),)):
    return [
        textured_image(*sizes[i % len(sizes)], np.random.default_rng(i))
        // (1 + i % 3)
        for i in range(n)
    ]


def test_inspect_folder__videos_and_frames(tmp_path):
    write_video(tmp_path / 'b.avi', frames())
    write_frame_folder(tmp_path / 'deep' / 'a', frames(1))
    data = inspect_folder(tmp_path)
    assert data.kind == 'videos'
    assert data.items == ('b.avi', 'deep/a')
    assert data.source == tmp_path
    assert data.notes == ()


def test_inspect_folder__one_video_of_several(tmp_path):
    for name in ('a.avi', 'b.avi'):
        write_video(tmp_path / name, frames())
    data = inspect_folder(tmp_path / 'b.avi')
    assert (data.root, data.items) == (tmp_path, ('b.avi',))
    assert data.source == tmp_path / 'b.avi'


@pytest.mark.parametrize('sizes', [((48, 64),), ((48, 64), (64, 48))])
def test_inspect_folder__photos_are_no_frames(tmp_path, sizes):
    """Of one size and of several."""
    for name in ('cats', 'dogs'):
        write_frame_folder(tmp_path / name, photos(sizes=sizes))
    data = inspect_folder(tmp_path)
    assert (data.kind, data.items) == ('images', ('cats', 'dogs'))


def test_inspect_folder__mixed(tmp_path):
    write_frame_folder(tmp_path / 'clip', frames())
    write_frame_folder(tmp_path / 'photos', photos())
    write_video(tmp_path / 'both' / 'a.avi', frames())
    write_frame_folder(tmp_path / 'both', frames())
    data = inspect_folder(tmp_path)
    assert data.items == ('both/a.avi', 'clip')
    assert data.notes == (
        'images beside videos are ignored: both',
        'single images, no frames of a video: photos',
    )


@pytest.mark.parametrize('flow_format', ['flo', 'jpg'])
def test_inspect_folder__lists(tmp_path, flow_format):
    make_toy_flow_list(tmp_path, n=3, flow_format=flow_format)
    data = inspect_folder(tmp_path)
    assert (data.kind, data.num_train, data.num_val) == ('pairs', 3, 0)
    assert data.flow_type == flow_format
    make_toy_flow_list(tmp_path, n=2, flow_format=flow_format, name='val.txt')
    assert inspect_folder(tmp_path).num_val == 2
    (tmp_path / 'val.txt').write_text('\n')
    assert inspect_folder(tmp_path).num_val == 0


def test_inspect_folder__nothing_to_learn_from(tmp_path):
    with pytest.raises(PretrainError, match=r"no folder or video '.*none'"):
        inspect_folder(tmp_path / 'none')
    empty = tmp_path / 'empty'
    empty.mkdir()
    with pytest.raises(PretrainError, match=r'holds no videos .*it is empty'):
        inspect_folder(empty)
    (empty / 'a.txt').write_text('')
    (empty / 'b.txt').write_text('')
    with pytest.raises(PretrainError, match=r'its files: 2 \.txt'):
        inspect_folder(empty)
    (empty / 'train.txt').write_text('one two\n')
    with pytest.raises(PretrainError, match='1 lines of 2 columns'):
        inspect_folder(empty)


def test_looks_like_frames__few_and_broken(tmp_path):
    folder = write_frame_folder(tmp_path / 'a', frames(n=3))
    files = sorted(folder.iterdir())
    assert looks_like_frames(files)
    assert not looks_like_frames(files[:1])
    files[1].write_bytes(b'broken')
    assert not looks_like_frames(files)
