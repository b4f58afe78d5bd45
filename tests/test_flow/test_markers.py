import json
import os

import pytest

from mmssl.flow.layout import flow_files, image_file, pair_folder
from mmssl.flow.markers import (
    Marker,
    blocked,
    differences,
    read_marker,
    write_json,
    write_marker,
)
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.video_sources import VideoSource

SOURCE = VideoSource('/in/a b.mp4', 'a b.mp4', 1000)


def marker(**settings):
    fingerprint = ExtractionSettings(**settings).fingerprint()
    return Marker('a b.mp4', 1000, fingerprint, 9, [0, 1, 4], {'min': 2})


@pytest.fixture
def out(tmp_path):
    """An output folder in which the video is finished, with stride 1."""
    os.makedirs(tmp_path / 'done')
    folder = pair_folder(str(tmp_path), SOURCE.name)
    os.makedirs(folder)
    names = [image_file(i) for i in (0, 1, 2, 4, 5)]
    names += [name for i in (0, 1, 4) for name in flow_files(i, 'jpg')]
    for name in names:
        open(os.path.join(folder, name), 'w').close()
    write_marker(str(tmp_path), SOURCE.name, marker())
    return str(tmp_path)


def test_marker__comes_back_as_it_was(out):
    assert read_marker(out, SOURCE) == marker()


def test_num_files__shared_frames_count_once():
    assert marker().num_files() == 5 + 3 * 2
    assert marker(format='flo').num_files() == 5 + 3
    assert marker(stride=4).num_files() == 5 + 3 * 2  # 0 1 4 5 8
    assert marker(stride=3).num_files() == 5 + 3 * 2  # 0 1 3 4 7


@pytest.mark.parametrize('missing', ['000004_y.jpg', '000005.jpg'])
def test_read__not_finished_if_files_are_gone(out, missing):
    os.remove(os.path.join(pair_folder(out, SOURCE.name), missing))
    assert read_marker(out, SOURCE) is None


@pytest.mark.parametrize(
    'content',
    ['', '{"relative": "a', '[]', '{}', '{"unknown": 1}', 'null'],
)
def test_read__damaged_marker_counts_as_none(out, content):
    with open(os.path.join(out, 'done', f'{SOURCE.name}.json'), 'w') as file:
        file.write(content)
    assert read_marker(out, SOURCE) is None


def test_read__other_version_or_no_marker(out):
    path = os.path.join(out, 'done', f'{SOURCE.name}.json')
    with open(path) as file:
        data = json.load(file)
    write_json(path, {**data, 'version': 99})
    assert read_marker(out, SOURCE) is None
    os.remove(path)
    assert read_marker(out, SOURCE) is None


def test_write_json__replaces_in_one_step(tmp_path):
    path = str(tmp_path / 'a.json')
    write_json(path, [1])
    with pytest.raises(TypeError):
        write_json(path, [object()])
    with open(path) as file:
        assert json.load(file) == [1]


def test_differences__names_what_changed():
    now = ExtractionSettings(stride=2, format='flo').fingerprint()
    bigger = VideoSource('/in/a b.mp4', 'a b.mp4', 1001)
    assert differences(marker(), SOURCE, marker().settings) == []
    assert differences(marker(), bigger, now) == [
        "format: 'jpg' there, 'flo' now",
        'stride: 1 there, 2 now',
        'size of the video: 1000 bytes there, 1001 now',
    ]


def test_blocked__needs_the_switch_that_it_was_made_with():
    turned = marker()
    turned.needed = ['rotated']
    assert blocked(marker(), ExtractionSettings()) is None
    assert blocked(turned, ExtractionSettings()) == 'rotated'
    assert blocked(turned, ExtractionSettings(auto_rotate=True)) is None
    both = marker()
    both.needed = ['rotated', 'variable_rate']
    allowed = ExtractionSettings(auto_rotate=True)
    assert blocked(both, allowed) == 'variable_rate'
