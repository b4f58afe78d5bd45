"""Opened videos: bound, order, processes."""

import copy
import os
import pickle

import pytest

from mmssl.datasets import reader_cache
from mmssl.datasets.reader_cache import ReaderCache


class Reader:
    """Remembers whether it is open."""

    def __init__(self, path):
        self.path = path
        self.is_open = True

    def close(self):
        self.is_open = False


@pytest.fixture(autouse=True)
def opened(monkeypatch):
    """Replace videos by toys; list all that were opened."""
    readers = []

    def open_video(path):
        readers.append(Reader(path))
        return readers[-1]

    monkeypatch.setattr(reader_cache, 'open_video', open_video)
    return readers


def test_cache__opens_once_and_closes_the_one_unused_longest(opened):
    cache = ReaderCache(max_open=2)
    for path in 'abab':
        assert cache.get(path).path == path
    assert len(opened) == 2
    cache.get('a')
    cache.get('c')
    assert [(r.path, r.is_open) for r in opened] == [
        ('a', True),
        ('b', False),
        ('c', True),
    ]
    assert len(cache) == 2


def test_cache__a_forked_process_opens_its_own(opened, monkeypatch):
    cache = ReaderCache()
    first = cache.get('a')
    monkeypatch.setattr(os, 'getpid', lambda: -1)
    assert cache.get('a') is not first
    assert cache.get('a') is opened[-1]
    assert first.is_open  # it is the parent's


@pytest.mark.parametrize(
    'copied', [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
def test_cache__copies_are_empty(copied):
    cache = ReaderCache(max_open=3)
    cache.get('a')
    other = copied(cache)
    assert (len(other), other.max_open, len(cache)) == (0, 3, 1)
    assert other.get('a') is not cache.get('a')


def test_cache__refuses():
    with pytest.raises(ValueError, match='at least 1, got 0'):
        ReaderCache(0)
