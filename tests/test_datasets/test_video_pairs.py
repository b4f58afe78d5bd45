"""Pairs of videos with flow computed on the fly."""

import logging
import pickle

import numpy as np
import pytest
from PIL import Image

from mmssl.datasets import Draw, VideoPairDataset, video_pairs
from mmssl.flow.checks import mean_motion
from mmssl.flow.estimators import build_estimator
from mmssl.flow.frames import shrink
from mmssl.io.errors import VideoError
from mmssl.io.images import read_rgb
from mmssl.testing.toys import make_toy_frames

SIZE = (48, 72)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Two clips of 6 and 4 frames that drift 2 px, one of 4 that stands."""
    root = tmp_path_factory.mktemp('videos')
    make_toy_frames(root / 'a', n=6, size=SIZE)
    make_toy_frames(root / 'b', n=4, size=SIZE, seed=1)
    make_toy_frames(root / 'still', n=4, size=SIZE, speed=0.0)
    return root


def same(a, b):
    return all(
        np.array_equal(a[key], b[key])
        for key in ('img', 'flow', 'img_path', 'frame_stride')
    )


def test_pairs__each_once_without_samples_per_epoch(folder):
    data = VideoPairDataset(str(folder))
    assert len(data) == 5 + 3 + 3
    found = [
        (data[i]['video_path'].rsplit('/', 1)[1], data[i]['frame_idx'])
        for i in range(len(data))
    ]
    assert found == [
        *(('a', i) for i in range(5)),
        *(('b', i) for i in range(3)),
        *(('still', i) for i in range(3)),
    ]


def test_pair__image_and_flow_of_the_two_frames(folder):
    data = VideoPairDataset(
        ['a'], data_root=str(folder), stride=2, estimator='farneback'
    )
    sample = data[1]
    frames = [read_rgb(folder / 'a' / f'{i:05d}.png') for i in (1, 3)]
    np.testing.assert_array_equal(sample['img'], frames[0])
    np.testing.assert_array_equal(
        sample['flow'], build_estimator('farneback')(*frames)
    )
    assert sample['frame_stride'] == 2
    assert sample['ori_shape'] == sample['img_shape'] == SIZE
    assert sample['img_path'] == f'{folder}/a#1'
    assert sample['source'] == f'{folder}/a, frame 1'


def test_pair__true_motion(folder):
    """The texture drifts (2, 0) px per frame, exactly."""
    data = VideoPairDataset([str(folder / 'a')], stride=2)
    flow = data[0]['flow'][8:-8, 8:-16]
    np.testing.assert_allclose(np.median(flow, (0, 1)), [4, 0], atol=0.1)


def test_pair__shrunk_before_the_flow(folder):
    data = VideoPairDataset(str(folder), short_size=24)
    sample = data[0]
    frames = [
        shrink(read_rgb(folder / 'a' / f'{i:05d}.png'), 24) for i in (0, 1)
    ]
    assert sample['flow'].shape == (24, 36, 2)
    np.testing.assert_array_equal(sample['img'], frames[0])
    np.testing.assert_array_equal(
        sample['flow'], build_estimator('dis')(*frames)
    )


def test_draws__decide_pair_and_stride(folder):
    data = VideoPairDataset(str(folder), stride=(1, 3), samples_per_epoch=50)
    assert len(data) == 50
    samples = [data[Draw(0, number)] for number in range(40)]
    assert {s['frame_stride'] for s in samples} == {1, 2, 3}
    assert {s['img_path'] for s in samples} == {
        *(f'{folder}/a#{i}' for i in range(3)),
        f'{folder}/b#0',
        f'{folder}/still#0',
    }
    again = pickle.loads(pickle.dumps(data))  # what a spawned worker gets
    for number in (3, 17):
        assert same(again[Draw(9, number)], samples[number])


def test_min_motion__still_pairs_are_replaced_and_counted(folder):
    data = VideoPairDataset(str(folder), min_motion=1.0)
    for i in range(8, 11):  # the still clip
        sample = data[i]
        assert mean_motion(sample['flow']) >= 1
        assert 'still' not in sample['video_path']
        assert same(data[i], sample)
    assert data.num_refused >= 6


def test_min_motion__gives_in_to_the_largest(folder):
    data = VideoPairDataset(
        str(folder), min_motion=1e6, max_retries=8, stride=(1, 2)
    )
    best = mean_motion(data[6]['flow'])
    assert data.num_refused == 9
    assert best > 1  # not the still pair that was asked for
    data = VideoPairDataset(
        [str(folder / 'still')], min_motion=1, max_retries=0
    )
    assert data[2]['frame_idx'] == 2


def test_unreadable_pair__is_replaced(folder, tmp_path):
    clip = make_toy_frames(tmp_path / 'c', n=4, size=SIZE)
    (clip / '00003.png').write_bytes(b'broken')
    data = VideoPairDataset(str(tmp_path))
    again = VideoPairDataset(str(tmp_path))
    for draw in [Draw(2, number) for number in range(5)]:
        sample = data[draw]
        assert sample['frame_idx'] in (0, 1)
        assert same(again[draw], sample)
    assert data.num_skipped >= 5
    assert data.num_refused == 0
    for i in range(1, 3):
        (clip / f'0000{i}.png').write_bytes(b'broken')
    with pytest.raises(RuntimeError, match=r'101 samples in a row(.|\n)*png'):
        data[0]


def test_unreadable_pair__a_random_one_is_drawn_anew(folder, tmp_path):
    """With the generator of the first attempt it would be the same one."""
    clip = make_toy_frames(tmp_path / 'c', n=20, size=SIZE)
    (clip / '00000.png').write_bytes(b'broken')
    data = VideoPairDataset(str(tmp_path), samples_per_epoch=9, max_refetch=5)
    frames = {data[Draw(0, number)]['frame_idx'] for number in range(60)}
    assert frames == set(range(1, 19))
    assert data.num_skipped >= 1


def test_unreadable_pair__in_an_evaluation(folder, tmp_path):
    clip = make_toy_frames(tmp_path / 'c', n=5, size=SIZE)
    (clip / '00003.png').write_bytes(b'broken')
    stops = VideoPairDataset(str(tmp_path), test_mode=True)
    with pytest.raises(VideoError, match=r'00003\.png.*leave_out'):
        stops[2]
    data = VideoPairDataset(
        str(tmp_path), test_mode=True, unreadable='leave_out'
    )
    assert len(data) == 2
    assert [data[i]['frame_idx'] for i in range(2)] == [0, 1]
    assert data[1]['sample_idx'] == 1
    assert len(data.left_out) == 2


def test_frames__too_small_for_the_flow_method(folder, tmp_path):
    make_toy_frames(tmp_path / 'c', n=3, size=(12, 40))
    data = VideoPairDataset(str(tmp_path), test_mode=True)
    with pytest.raises(VideoError, match='40 x 12 px; the flow method needs'):
        data[0]


def test_frames_of_different_size__are_no_pair(tmp_path):
    clip = make_toy_frames(tmp_path / 'c', n=2, size=SIZE)
    Image.new('RGB', (40, 40)).save(clip / '00001.png')
    data = VideoPairDataset(str(tmp_path), test_mode=True)
    match = r'frames 0 and 1 differ in size: \(48, 72\) and \(40, 40\)'
    with pytest.raises(ValueError, match=match):
        data[0]


def test_videos__without_pairs_are_named_and_left_out(
    folder, tmp_path, monkeypatch
):
    told = []
    monkeypatch.setattr(
        video_pairs, 'print_log', lambda text, **kw: told.append((text, kw))
    )
    make_toy_frames(tmp_path / 'good', n=3, size=SIZE)
    make_toy_frames(tmp_path / 'short', n=2, size=SIZE)
    (tmp_path / 'bad').mkdir()
    (tmp_path / 'bad' / 'v.mp4').write_bytes(b'no video')
    data = VideoPairDataset(str(tmp_path), stride=2)
    assert len(data) == 1
    assert told[0][1]['level'] == logging.WARNING
    for part in (
        '2 videos are left out',
        'short: 2 frames, stride 2',
        'v.mp4',
    ):
        assert part in told[0][0]
    with pytest.raises(
        ValueError, match=r'no video has a pair of frames:\n.*'
    ):
        VideoPairDataset(str(tmp_path), stride=9)


def test_arguments__are_checked(folder):
    with pytest.raises(FileNotFoundError, match='nowhere'):
        VideoPairDataset('nowhere')
    for stride in (0, (2, 1), (1, 2, 3)):
        with pytest.raises(ValueError, match='stride must be an int >= 1 or'):
            VideoPairDataset(str(folder), stride=stride)
    with pytest.raises(ValueError, match=r'unknown flow method .*dis'):
        VideoPairDataset(str(folder), estimator='magic')
    with pytest.raises(ValueError, match='samples_per_epoch must be >= 1'):
        VideoPairDataset(str(folder), samples_per_epoch=0)
    with pytest.raises(TypeError, match='samples_per_epoch, no indices'):
        VideoPairDataset(str(folder), indices=3)
