import os

import cv2
import numpy as np
import pytest

from mmssl.flow.estimators import build_estimator
from mmssl.flow.pairs import PairCounts, PairExtractor
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.flow_files import decode_flow_jpg, read_flo, read_flow
from mmssl.io.videos import VideoError, VideoReader, open_video
from mmssl.testing.videos import moving_frames, write_frame_folder


class Listed(VideoReader):
    """Frames from a list; None is a frame that cannot be read."""

    def __init__(self, frames):
        self.frames = frames
        self.asked = []

    def __len__(self):
        return len(self.frames)

    def read_bgr(self, index):
        self.asked.append(index)
        if self.frames[index] is None:
            raise VideoError(f'no frame {index}')
        return self.frames[index][..., ::-1].copy()


class Scripted:
    """An estimator that returns prepared answers and counts its work."""

    def __init__(self, flow=(2.0, 1.0)):
        self.flow = flow
        self.prepared = self.pairs = 0

    def prepare(self, frame, bgr=False):
        self.prepared += 1
        return frame

    def between(self, first, second):
        self.pairs += 1
        sign = 1 if self.pairs % 2 else -1
        return sign * np.full((*first.shape[:2], 2), self.flow, np.float32)


@pytest.fixture(scope='module')
def frames():
    return moving_frames(9, 48, 64, np.random.default_rng(0), (2, 1))


def extractor(frames, folder, estimator=None, **options):
    return PairExtractor(
        Listed(frames),
        str(folder),
        ExtractionSettings(**options),
        estimator or Scripted(),
    )


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_extract__flow_on_disk_is_that_of_the_motion(tmp_path, frames):
    made = extractor(
        frames, tmp_path, build_estimator('dis'), stride=2, format='flo'
    )
    counts = made.extract([0, 3])
    assert counts.kept == [0, 3]
    assert files(tmp_path) == [
        '000000.flo', '000000.jpg', '000002.jpg',
        '000003.flo', '000003.jpg', '000005.jpg',
    ]  # fmt: skip
    flow = read_flo(tmp_path / '000003.flo')
    error = np.linalg.norm(flow - [4, 2], axis=-1)[8:-8, 8:-8].mean()
    assert error < 0.2
    image = cv2.imread(str(tmp_path / '000003.jpg'))[..., ::-1]
    assert np.abs(image.astype(int) - frames[3]).mean() < 8


def test_extract__both_formats_hold_the_same_flow(tmp_path, frames):
    for format in ('flo', 'jpg'):
        (tmp_path / format).mkdir()
        extractor(
            frames, tmp_path / format, build_estimator('dis'), format=format
        ).extract([0])
    exact = read_flow(tmp_path / 'flo' / '000000.flo')
    names = ['000000_x.jpg', '000000_y.jpg']
    coded = read_flow([tmp_path / 'jpg' / name for name in names])
    assert np.abs(exact - coded).mean() < 0.2
    assert cv2.imread(str(tmp_path / 'jpg' / names[0]), -1).ndim == 2


def test_extract__each_frame_is_read_prepared_and_written_once(
    tmp_path, frames
):
    estimator = Scripted()
    made = extractor(frames, tmp_path, estimator)
    made.extract(range(4))
    made.extract(range(4, 8))
    assert made._reader.asked == list(range(9))
    assert estimator.prepared == 9
    assert estimator.pairs == 8
    assert len(made._frames) <= 2
    # A file that was written is not written again.
    (tmp_path / '000008.jpg').unlink()
    made.extract([8 - 1])
    assert not (tmp_path / '000008.jpg').exists()


def test_extract__frames_between_are_not_decoded(tmp_path, frames):
    made = extractor(frames, tmp_path, stride=3, step=4)
    made.extract([0, 4])
    assert made._reader.asked == [0, 3, 4, 7]


def test_extract__going_back_gives_the_same(tmp_path, frames):
    made = extractor(frames, tmp_path, build_estimator('dis'))
    made.extract([5, 6])
    made.extract([0, 1])
    (tmp_path / 'b').mkdir()
    extractor(frames, tmp_path / 'b', build_estimator('dis')).extract(
        [0, 1, 5, 6]
    )
    for name in files(tmp_path / 'b'):
        expected = (tmp_path / 'b' / name).read_bytes()
        assert (tmp_path / name).read_bytes() == expected


def test_extract__unreadable_frame_costs_its_pairs_only(tmp_path, frames):
    damaged = [*frames[:4], None, *frames[5:]]
    counts = extractor(damaged, tmp_path).extract(range(8))
    assert counts.kept == [0, 1, 2, 5, 6, 7]
    assert counts.dropped == {'unreadable': 2}
    assert counts.unreadable == {4}
    assert '000004.jpg' not in files(tmp_path)


def test_extract__scene_cut(tmp_path, frames):
    other = [np.full_like(frames[0], 20) for _ in range(3)]
    counts = extractor(frames[:3] + other, tmp_path).extract(range(5))
    assert counts.dropped == {'scene_cut': 1}
    assert counts.kept == [0, 1, 3, 4]
    counts = extractor(frames[:3] + other, tmp_path, scene_cut=None).extract(
        range(5)
    )
    assert counts.kept == [0, 1, 2, 3, 4]


def test_extract__size_change(tmp_path, frames):
    mixed = [frames[0], frames[1][:40], frames[2][:40]]
    counts = extractor(mixed, tmp_path).extract(range(2))
    assert counts.dropped == {'size_change': 1}
    assert counts.kept == [1]


@pytest.mark.parametrize(('limit', 'kept'), [(0, 1), (4.9, 1), (5.1, 0)])
def test_extract__min_motion_is_the_mean_length(tmp_path, frames, limit, kept):
    counts = extractor(
        frames, tmp_path, Scripted((3.0, -4.0)), min_motion=limit
    ).extract([0])
    assert len(counts.kept) == kept
    assert counts.dropped.get('min_motion', 0) == 1 - kept
    assert len(files(tmp_path)) == 4 * kept  # nothing of a dropped pair


def test_extract__consistency(tmp_path, frames):
    """The scripted backward flow is the opposite of the forward one."""
    made = extractor(frames, tmp_path, Scripted(), min_consistency=0.9)
    assert made.extract([0]).kept == [0]
    estimator = Scripted()
    estimator.between = lambda first, second: np.full(
        (*first.shape[:2], 2), 3, np.float32
    )
    made = extractor(frames, tmp_path, estimator, min_consistency=0.9)
    assert made.extract([0]).dropped == {'inconsistent': 1}


def test_extract__flow_beyond_50_px_is_counted(tmp_path, frames):
    for flow, clipped in [((49, 0), 0), ((51, 0), 1), ((0, -60), 1)]:
        counts = extractor(frames, tmp_path, Scripted(flow)).extract([0])
        assert counts.clipped == clipped
        coded = decode_flow_jpg(
            *(
                cv2.imread(str(tmp_path / f'000000_{axis}.jpg'), 0)
                for axis in 'xy'
            )
        )
        assert np.abs(coded - np.clip(flow, -50, 50)).max() < 0.5
    made = extractor(frames, tmp_path, Scripted((60, 0)), format='flo')
    assert made.extract([0]).clipped == 0
    assert read_flo(tmp_path / '000000.flo')[0, 0].tolist() == [60, 0]


def test_extract__short_size_shrinks_frames_before_flow(tmp_path, frames):
    made = extractor(
        frames, tmp_path, build_estimator('dis'), short_size=24, format='flo'
    )
    made.extract([0])
    flow = read_flo(tmp_path / '000000.flo')
    assert flow.shape == (24, 32, 2)
    assert cv2.imread(str(tmp_path / '000000.jpg')).shape == (24, 32, 3)
    # Half the size, half the motion.
    assert np.abs(flow[6:-6, 6:-6].mean((0, 1)) - [1, 0.5]).max() < 0.3


def test_counts__add():
    total = PairCounts([1], unreadable={3}, clipped=1)
    total.dropped['scene_cut'] = 2
    more = PairCounts([5, 6], unreadable={3, 4}, clipped=2)
    more.dropped.update({'scene_cut': 1, 'min_motion': 4})
    total.add(more)
    assert total.kept == [1, 5, 6]
    assert total.dropped == {'scene_cut': 3, 'min_motion': 4}
    assert total.unreadable == {3, 4}
    assert total.clipped == 3


def test_extractor__full_disk_is_an_os_error(tmp_path, frames):
    made = extractor(frames, tmp_path / 'gone')
    with pytest.raises(OSError, match='gone'):
        made.extract([0])


def test_extractor__close_closes_the_reader(tmp_path, frames):
    folder = write_frame_folder(tmp_path / 'f', frames[:2])
    made = PairExtractor(
        open_video(folder), os.fspath(tmp_path), ExtractionSettings(), None
    )
    closed = []
    made._reader.close = lambda: closed.append(True)
    made.close()
    assert closed == [True]
