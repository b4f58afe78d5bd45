"""Names and protocol of Market-1501."""

import re
from collections import Counter

import pytest

from mmssl.datasets.identities import Identities
from mmssl.io.images import read_rgb

PATTERN = re.compile(r'([-\d]+)_c(\d)')


@pytest.fixture(scope='module')
def seen(tiny_world):
    """(identity, camera) of each picture, by folder."""
    return {
        folder.name: [
            tuple(map(int, PATTERN.search(path.name).groups()))
            for path in sorted(folder.glob('*.jpg'))
        ]
        for folder in (tiny_world / 'market1501').iterdir()
    }


def test_market__folders(seen):
    folders = {'bounding_box_train', 'bounding_box_test', 'query'}
    assert set(seen) == folders


def test_market__identities_of_train_and_test_differ(seen, tiny_settings):
    counts = tiny_settings.counts['market1501']
    train = {identity for identity, _ in seen['bounding_box_train']}
    query = {identity for identity, _ in seen['query']}
    test = {identity for identity, _ in seen['bounding_box_test']}
    assert train == set(range(1, counts['train_identities'] + 1))
    assert len(query) == counts['test_identities']
    assert not train & (query | test)
    assert test == query | {0, -1}


def test_market__each_query_has_a_match_of_another_camera(seen, tiny_settings):
    counts = tiny_settings.counts['market1501']
    cameras = range(1, counts['cameras'] + 1)
    assert Counter(seen['query']) == {
        (i, c): 1 for i, c in {(i, c) for i, c in seen['query']}
    }
    gallery = Counter(seen['bounding_box_test'])
    for identity, camera in seen['query']:
        others = [c for c in cameras if c != camera]
        assert all(gallery[identity, c] for c in others)
    pictures = Counter(seen['bounding_box_train'])
    assert set(pictures.values()) == {counts['images']}
    assert {camera for _, camera in pictures} == set(cameras)


def test_market__pictures_are_twice_as_high_as_wide(tiny_world, tiny_settings):
    files = sorted((tiny_world / 'market1501').rglob('*.jpg'))
    height = tiny_settings.person_px
    for path in files[::5]:
        assert read_rgb(path).shape == (height, height // 2, 3)
    assert len({path.read_bytes() for path in files}) == len(files)


def test_market__names_are_those_of_the_data_set(tiny_world):
    """Query boxes are number 0, others from 1; bad crops are -1."""
    full = re.compile(r'(-1|\d{4})_c\ds\d_\d{6}_\d{2}\.jpg')
    for path in (tiny_world / 'market1501').rglob('*.jpg'):
        assert full.fullmatch(path.name)
        assert path.stem.endswith('_00') == (path.parent.name == 'query')


@pytest.mark.parametrize('folder', ['query', 'bounding_box_test'])
def test_market__identities_reads_it(tiny_world, seen, folder):
    dataset = Identities(
        data_root=str(tiny_world / 'market1501'), data_prefix=folder
    )
    wanted = [pair for pair in seen[folder] if pair[0] != -1]
    found = zip(dataset.get_identities(), dataset.get_cameras())
    assert Counter((int(i), int(c)) for i, c in found) == Counter(wanted)
