import numpy as np
import pytest

from mmssl.flow.probing import probe_video
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.video_sources import find_sources
from mmssl.testing.videos import (
    moving_frames,
    set_durations,
    set_rotation,
    write_frame_folder,
    write_video,
)

DEFAULT = ExtractionSettings()


@pytest.fixture(scope='module')
def frames():
    return moving_frames(20, 48, 64, np.random.default_rng(0))


def probe(path, settings=DEFAULT, **kwargs):
    (source,), _ = find_sources(path)
    return probe_video(source, settings, **kwargs)


@pytest.mark.parametrize('suffix', ['.mp4', '.avi'])
def test_probe__usable_video(tmp_path, frames, suffix):
    found = probe(write_video(tmp_path / f'a{suffix}', frames))
    assert (found.frames, found.declared) == (20, 20)
    assert (found.height, found.width) == (48, 64)
    assert found.reason is None
    assert found.needed == []


def test_probe__empty_file(tmp_path):
    (tmp_path / 'a.mp4').touch()
    assert probe(tmp_path / 'a.mp4').reason == 'empty'


def test_probe__unreadable_files(tmp_path, frames):
    (tmp_path / 'a.mp4').write_bytes(b'no video' * 100)
    found = probe(tmp_path / 'a.mp4')
    assert found.reason == 'unreadable'
    assert 'a.mp4' in found.detail
    # An mp4 without its index, which is at the end.
    path = write_video(tmp_path / 'b.mp4', frames)
    path.write_bytes(path.read_bytes()[:2000])
    assert probe(path).reason == 'unreadable'


def test_probe__a_header_without_frames(tmp_path, frames):
    path = write_video(tmp_path / 'a.avi', frames)
    path.write_bytes(path.read_bytes()[:5700])  # up to the list of frames
    assert probe(path).reason == 'unreadable'


def test_probe__rotated(tmp_path, frames):
    path = write_video(tmp_path / 'a.mp4', frames)
    set_rotation(path, 90)
    found = probe(path)
    assert found.reason == 'rotated'
    assert '90 degrees' in found.detail
    assert '--auto-rotate' in found.detail
    found = probe(path, ExtractionSettings(auto_rotate=True))
    assert found.reason is None
    assert found.needed == ['rotated']
    assert (found.height, found.width) == (64, 48)


def test_probe__variable_rate(tmp_path, frames):
    path = write_video(tmp_path / 'a.mp4', frames)
    set_durations(path, [1] * 10 + [2] * 10)
    found = probe(path)
    assert found.reason == 'variable_rate'
    assert '47%' in found.detail  # 9 of 19 intervals
    assert '--allow-variable-rate' in found.detail
    found = probe(path, ExtractionSettings(allow_variable_rate=True))
    assert found.reason is None
    assert found.needed == ['variable_rate']


def test_probe__one_dropped_frame_is_not_variable_rate(tmp_path, frames):
    path = write_video(tmp_path / 'a.mp4', frames)
    set_durations(path, [1] * 10 + [2] + [1] * 9)
    assert probe(path).reason is None
    set_durations(path, [1] * 10 + [2, 1, 2] + [1] * 7)
    assert probe(path).reason == 'variable_rate'


@pytest.mark.parametrize('suffix', ['.mp4', '.avi'])
def test_probe__one_frame_or_too_short(tmp_path, frames, suffix):
    one = write_video(tmp_path / f'one{suffix}', frames[:1])
    assert probe(one).reason == 'one_frame'
    three = write_video(tmp_path / f'three{suffix}', frames[:3])
    assert probe(three, ExtractionSettings(stride=2)).reason is None
    found = probe(three, ExtractionSettings(stride=3))
    assert found.reason == 'too_short'
    assert '3 frames, no two are 3 apart' in found.detail


def test_probe__too_small(tmp_path, frames):
    path = write_video(tmp_path / 'a.avi', frames)
    assert probe(path, min_size=48).reason is None
    found = probe(path, min_size=49)
    assert found.reason == 'too_small'
    assert '64x48 px' in found.detail


def test_probe__frame_folders(tmp_path, frames):
    folder = write_frame_folder(tmp_path / 'f', frames[:4])
    assert probe(folder).frames == 4
    (folder / '0.png').write_bytes(b'')
    found = probe(folder)  # the others are readable
    assert found.reason is None
    assert (found.height, found.width) == (48, 64)
    for number in (1, 2, 3):
        (folder / f'{number}.png').write_bytes(b'no image')
    assert probe(folder).reason == 'unreadable'
    one = write_frame_folder(tmp_path / 'one', frames[:1])
    assert probe(one).reason == 'one_frame'


def test_probe__cut_file_knows_what_is_left(tmp_path, frames):
    path = write_video(tmp_path / 'a.avi', frames)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    found = probe(path)
    assert found.reason is None
    assert found.declared == 20
    assert 5 < found.frames < 15
