"""Pickled lists of names."""

import os
import pickle

import numpy as np
import pytest

from mmssl.datasets import ImageFolder
from mmssl.datasets.name_list import read_name_pickle, write_name_list
from mmssl.testing.toy_images import make_toy_images

NAMES = ['0001.jpg', '0000.jpg', 'ä/ö.jpg']


def pickled(path, value, protocol=4):
    path.write_bytes(pickle.dumps(value, protocol))
    return path


@pytest.mark.parametrize('protocol', [0, 2, 4])
@pytest.mark.parametrize(
    'value',
    [
        NAMES,
        tuple(NAMES),
        np.array(NAMES),
        [name.encode() for name in NAMES],
        [(name, 0.5) for name in NAMES],
        [[name, 1, 'x'] for name in NAMES],
    ],
    ids=['list', 'tuple', 'array', 'bytes', 'scores', 'rows'],
)
def test_write__any_form_of_a_list(value, protocol, tmp_path):
    src = pickled(tmp_path / 'a.pkl', value, protocol)
    assert write_name_list(src, tmp_path / 'a.txt') == 3
    text = (tmp_path / 'a.txt').read_text('utf-8')
    assert text == '\n'.join(NAMES) + '\n'


def test_write__first_names_alone(tmp_path):
    src = pickled(tmp_path / 'a.pkl', NAMES)
    assert write_name_list(src, tmp_path / 'a.txt', first=2) == 2
    assert (tmp_path / 'a.txt').read_text().split() == NAMES[:2]
    assert write_name_list(src, tmp_path / 'a.txt', first=9) == 3
    with pytest.raises(ValueError, match='names >= 1, got 0'):
        write_name_list(src, tmp_path / 'a.txt', first=0)


def test_write__more_names_than_a_chunk(tmp_path):
    names = [f'{i:05d}.jpg' for i in range(40000)]
    src = pickled(tmp_path / 'a.pkl', names)
    assert write_name_list(src, tmp_path / 'a.txt') == 40000
    assert (tmp_path / 'a.txt').read_text().splitlines() == names


def test_write__the_dataset_reads_it(tmp_path):
    make_toy_images(tmp_path / 'images', n=3)
    src = pickled(tmp_path / 'a.pkl', NAMES[:2])
    write_name_list(src, tmp_path / 'names.txt')
    found = ImageFolder(
        str(tmp_path), data_prefix='images', ann_file='names.txt'
    )
    paths = [found.get_data_info(i)['img_path'] for i in range(len(found))]
    assert paths == [str(tmp_path / 'images' / name) for name in NAMES[:2]]


class _Harm:
    def __reduce__(self):
        return os.mkdir, ('harm',)


def test_read__runs_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    src = pickled(tmp_path / 'a.pkl', [*NAMES, _Harm()])
    with pytest.raises(ValueError, match=r'refused, it asks for .*mkdir'):
        read_name_pickle(src)
    assert not (tmp_path / 'harm').exists()


@pytest.mark.parametrize(
    ('value', 'message'),
    [
        ({'a.jpg': 1}, 'a list of names is needed, got a dict'),
        ('a.jpg', 'a list of names is needed, got a str'),
        ([], 'the list is empty'),
        (['a.jpg', 3], 'name 1 is no text: 3'),
        (['a.jpg', []], r'name 1 is no text: \[\]'),
        (['a b.jpg'], "name 0 is empty or holds white space: 'a b.jpg'"),
        (['a.jpg', ''], 'name 1 is empty'),
        (['/data/a.jpg'], "absolute path: '/data/a.jpg'. Names start below"),
    ],
)
def test_write__what_is_no_list_of_names(value, message, tmp_path):
    src = pickled(tmp_path / 'a.pkl', value)
    with pytest.raises(ValueError, match=message):
        write_name_list(src, tmp_path / 'a.txt')
    assert os.listdir(tmp_path) == ['a.pkl']


def test_read__damaged_or_missing(tmp_path):
    whole = pickle.dumps(NAMES)
    (tmp_path / 'cut.pkl').write_bytes(whole[:-5])
    (tmp_path / 'text.pkl').write_text('a.jpg\nb.jpg\n')
    for name in ('cut.pkl', 'text.pkl'):
        with pytest.raises(ValueError, match=f'{name}: no pickle, or damaged'):
            read_name_pickle(tmp_path / name)
    with pytest.raises(FileNotFoundError, match=r'no\.pkl'):
        read_name_pickle(tmp_path / 'no.pkl')
