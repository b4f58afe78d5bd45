import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.io.video_sources import find_sources, output_name


def touch(path, size=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'x' * size)


def relatives(root, **kwargs):
    return [source.relative for source in find_sources(root, **kwargs)[0]]


def test_find__files_and_frame_folders_mixed_and_nested(tmp_path):
    touch(tmp_path / 'b' / 'clip 10.MP4', 5)
    touch(tmp_path / 'b' / 'clip 9.avi')
    touch(tmp_path / 'a' / 'run' / '0.png', 2)
    touch(tmp_path / 'a' / 'run' / '1.png', 3)
    touch(tmp_path / 'a' / 'readme.txt')
    touch(tmp_path / 'top.mkv')
    sources, ignored = find_sources(tmp_path)
    assert [source.relative for source in sources] == [
        'a/run', 'b/clip 9.avi', 'b/clip 10.MP4', 'top.mkv'
    ]  # fmt: skip
    assert [source.num_bytes for source in sources] == [5, 3, 5, 3]
    assert all(os.path.exists(source.path) for source in sources)
    assert ignored == []


def test_find__root_may_be_a_frame_folder_or_one_file(tmp_path):
    touch(tmp_path / '0.jpg')
    assert relatives(tmp_path) == ['.']
    touch(tmp_path / 'video' / 'a.mp4')
    assert relatives(tmp_path / 'video' / 'a.mp4') == ['a.mp4']


def test_find__images_beside_videos_are_ignored_and_named(tmp_path):
    touch(tmp_path / 'x' / 'a.mp4')
    touch(tmp_path / 'x' / 'thumbnail.jpg')
    sources, ignored = find_sources(tmp_path)
    assert [source.relative for source in sources] == ['x/a.mp4']
    assert ignored == ['x']


def test_find__hidden_and_excluded_folders_and_odd_files(tmp_path):
    touch(tmp_path / 'a.mp4')
    touch(tmp_path / '.hidden.mp4')
    touch(tmp_path / '.trash' / 'b.mp4')
    touch(tmp_path / 'out' / 'pairs' / '0.jpg')
    (tmp_path / 'folder.mp4').mkdir()
    os.mkfifo(tmp_path / 'pipe.mp4')
    assert relatives(tmp_path, exclude=[tmp_path / 'out']) == ['a.mp4']


def test_find__links_are_followed_and_loops_are_not(tmp_path):
    touch(tmp_path / 'disk' / 'a.mp4')
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'linked').symlink_to(tmp_path / 'disk')
    (tmp_path / 'disk' / 'loop').symlink_to(tmp_path / 'disk')
    assert relatives(tmp_path / 'in') == ['linked/a.mp4']


def test_find__nothing_to_find(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no such folder.*gone'):
        find_sources(tmp_path / 'gone')
    touch(tmp_path / 'notes.txt')
    with pytest.raises(FileNotFoundError, match=r'holds no videos.*\.mp4'):
        find_sources(tmp_path)


def test_output_name__same_stems_get_different_names():
    paths = ['a b.mp4', 'a_b.mp4', 'a b.avi', 'a b', 'a/b.mp4', 'a__b.mp4']
    names = [output_name(path) for path in paths]
    assert len(set(names)) == len(paths)
    assert [name[:-9] for name in names[:4]] == ['a_b'] * 4


def test_output_name__keeps_dots_of_folders_and_is_never_hidden():
    assert output_name('take.1').startswith('take.1-')
    assert output_name('take.1.mp4').startswith('take.1-')
    assert output_name('.').startswith('root-')
    assert output_name('-x/..y').startswith('x__..y-')


def test_output_name__of_a_long_path():
    assert len(output_name('folder/' * 99 + 'a.mp4')) == 80 + 9


NAMES = st.text(
    st.characters(blacklist_categories=('Cs',)), min_size=1, max_size=20
)


@settings(max_examples=30, deadline=None)
@given(NAMES)
def test_output_name__fits_lists_and_file_systems(relative):
    name = output_name(relative)
    assert len(name.split()) == 1
    assert name.isascii()
    assert '/' not in name
    assert 9 < len(name) < 100
    assert name[0] not in '.-'
