"""Videos as a numbered row of pairs."""

import pickle

import numpy as np
import pytest
from PIL import Image

from mmssl.datasets.video_pool import VideoPool
from mmssl.flow.frames import shrink
from mmssl.io.images import read_rgb
from mmssl.io.videos import VideoError
from mmssl.testing.toys import make_toy_frames

SIZE = (20, 30)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp('videos')
    for name, frames in (('c10', 3), ('c2', 5), ('one', 1)):
        make_toy_frames(root / name, n=frames, size=SIZE)
    (root / 'bad').mkdir()
    (root / 'bad' / 'v.mp4').write_bytes(b'no video')
    return root


@pytest.mark.parametrize('stride', [1, 2])
def test_pool__pairs_in_natural_order(folder, stride):
    pool = VideoPool([str(folder)], max_stride=2)
    found = [pool.read(i, stride) for i in range(len(pool))]
    places = [(p.path.rsplit('/', 1)[1], p.frame) for p in found]
    assert places == [('c2', 0), ('c2', 1), ('c2', 2), ('c10', 0)]
    for pair in found:
        for frame, image in (
            (pair.frame, pair.first),
            (pair.frame + stride, pair.second),
        ):
            expected = read_rgb(f'{pair.path}/{frame:05d}.png')
            np.testing.assert_array_equal(image, expected)


def test_pool__says_what_is_left_out(folder):
    pool = VideoPool([str(folder)], max_stride=3)
    assert len(pool) == 2
    bad, long, one = sorted(pool.left_out)
    assert bad == f'{folder}/bad/v.mp4: not a readable video'
    assert long == f'{folder}/c10: 3 frames, stride 3'
    assert one == f'{folder}/one: 1 frames, stride 3'


def test_pool__no_pair_at_all(folder):
    with pytest.raises(
        ValueError, match=r'no video has a pair.*\n.*one: 1 fr'
    ):
        VideoPool([str(folder / 'one')])
    with pytest.raises(FileNotFoundError, match='nowhere'):
        VideoPool(['nowhere'])


def test_pool__shrinks(folder):
    pair = VideoPool([str(folder / 'c2')], short_size=10).read(0, 1)
    expected = shrink(read_rgb(folder / 'c2' / '00000.png'), 10)
    np.testing.assert_array_equal(pair.first, expected)
    assert pair.second.shape == (10, 15, 3)


def test_pool__frames_of_two_sizes(tmp_path):
    make_toy_frames(tmp_path, n=2, size=SIZE)
    Image.new('RGB', (40, 40)).save(tmp_path / '00001.png')
    match = r'frames 0 and 1 differ in size: \(20, 30\) and \(40, 40\)'
    with pytest.raises(VideoError, match=match):
        VideoPool([str(tmp_path)]).read(0, 1)


def test_pool__pickled(folder):
    pool = VideoPool([str(folder)])
    pair = pool.read(1, 1)
    again = pickle.loads(pickle.dumps(pool)).read(1, 1)
    np.testing.assert_array_equal(again.second, pair.second)
