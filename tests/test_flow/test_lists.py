import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.flow.lists import match_videos, split_videos, write_lists
from mmssl.flow.markers import Marker
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.video_sources import output_name

VIDEOS = [f'folder {i % 3}/video{i}.mp4' for i in range(400)]


@pytest.mark.parametrize(
    ('videos', 'share', 'chosen'),
    [(400, 0.25, 100), (3, 0.1, 1), (10, 0.1, 1), (4, 0.99, 3), (7, 0.5, 4)],
)
def test_split__share_is_exact(videos, share, chosen):
    assert len(split_videos(VIDEOS[:videos], share)) == chosen


def test_split__depends_on_seed_and_set_only():
    val = split_videos(VIDEOS, 0.25)
    assert val == split_videos(VIDEOS[::-1] + VIDEOS[:3], 0.25)
    other = split_videos(VIDEOS, 0.25, seed=1)
    assert 5 < len(val & other) < 50  # 25 by chance


def test_split__few_videos_change_sides_when_others_come():
    before, after = split_videos(VIDEOS[:200], 0.2), split_videos(VIDEOS, 0.2)
    assert len(before ^ (after & set(VIDEOS[:200]))) < 12


def test_split__a_larger_share_keeps_those_chosen():
    assert split_videos(VIDEOS, 0.1) <= split_videos(VIDEOS, 0.3)


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.text(min_size=1, max_size=4), min_size=2, max_size=5),
    st.sampled_from([0.001, 0.1, 0.5, 0.999]),
    st.integers(0, 5),
)
def test_split__both_sides_get_one_of_two(videos, share, seed):
    assert 1 <= len(split_videos(sorted(videos), share, seed)) < len(videos)


def test_split__one_video_none_and_share_zero():
    assert split_videos([], 0.1) == set()
    assert split_videos(['a'], 1e-9) == set()
    assert split_videos(VIDEOS, 0) == set()


@pytest.mark.parametrize('share', [-0.1, 1, 5])
def test_split__share_out_of_range(share):
    with pytest.raises(ValueError, match=r'val_share must be in \[0, 1\)'):
        split_videos(['a', 'b'], share)


def test_match__with_or_without_suffix_and_empty_lines():
    videos = ['a/x.mp4', 'a/x.avi', 'b.c/y', 'z.mp4']
    assert match_videos(['a/x.mp4', ' ', 'z\n'], videos) == {
        'a/x.mp4', 'z.mp4'
    }  # fmt: skip
    assert match_videos(['a/x'], videos) == {'a/x.mp4', 'a/x.avi'}
    assert match_videos(['b.c/y/'], videos) == {'b.c/y'}


def test_match__names_that_fit_nothing():
    with pytest.raises(ValueError, match=r"2 names .* \['p', 'q'\]; the vid"):
        match_videos(['q', 'p', 'z'], ['z.mp4'])


def marker(relative, kept, **options):
    fingerprint = ExtractionSettings(**options).fingerprint()
    return Marker(relative, 1, fingerprint, kept=kept)


@pytest.fixture
def out(tmp_path):
    (tmp_path / 'done').mkdir()
    return tmp_path


def test_write__columns_order_and_split(out):
    markers = [marker('b.mp4', [3, 7]), marker('a b.mp4', [0])]
    assert write_lists(str(out), markers, {'a b.mp4'}) == []
    b, a = output_name('b.mp4'), output_name('a b.mp4')
    assert (out / 'train.txt').read_text().splitlines() == [
        f'pairs/{b}/00000{t}.jpg pairs/{b}/00000{t + 1}.jpg '
        f'pairs/{b}/00000{t}_x.jpg pairs/{b}/00000{t}_y.jpg'
        for t in (3, 7)
    ]
    (line,) = (out / 'val.txt').read_text().splitlines()
    assert [field.split('/')[1] for field in line.split()] == [a] * 4


def test_write__absolute_paths(out):
    write_lists(str(out), [marker('v', [0], format='flo')], set(), True)
    fields = (out / 'train.txt').read_text().split()
    assert len(fields) == 3
    assert all(os.path.isabs(field) for field in fields)
    assert fields[2].startswith(str(out / 'pairs'))


def test_write__absolute_paths_with_whitespace(tmp_path):
    out = tmp_path / 'my data'
    with pytest.raises(ValueError, match=r'my data.* hold whitespace'):
        write_lists(str(out), [], set(), absolute=True)


def test_write__own_lists_are_replaced_and_foreign_ones_kept(out):
    (out / 'train.txt').write_text('precious\n')
    markers = [marker('v', [0])]
    (moved,) = write_lists(str(out), markers, set())
    assert moved.endswith('train.txt.kept-1')
    assert (out / 'train.txt.kept-1').read_text() == 'precious\n'
    assert write_lists(str(out), [marker('v', [0, 1])], set()) == []
    assert len((out / 'train.txt').read_text().splitlines()) == 2
    # One that was edited since is somebody's work, too.
    (out / 'train.txt').write_text('edited\n')
    (moved,) = write_lists(str(out), markers, set())
    assert moved.endswith('train.txt.kept-2')
    assert (out / 'train.txt.kept-1').read_text() == 'precious\n'
    assert (out / 'train.txt.kept-2').read_text() == 'edited\n'
