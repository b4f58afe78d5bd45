"""Entries of COCO files that cannot be read are named."""

import copy

import pytest

from mmssl.datasets.coco_entries import check_entries, four_numbers
from mmssl.io.errors import DataFileError

GOOD = dict(
    images=[
        dict(id=1, file_name='a.jpg', width=9, height=8.0),
        dict(id='two', file_name='b.jpg', width=9, height=8),
    ],
    annotations=[dict(image_id=1, category_id=3, bbox=[0, 0, 4, 4]), {}],
    categories=[dict(id=3, name='cat')],
)


def test_good__passes():
    check_entries('a.json', GOOD)


@pytest.mark.parametrize(
    ('part', 'place', 'change', 'said'),
    [
        (
            'images',
            1,
            dict(width='x'),
            'entry 1: width must be a number of px',
        ),
        ('images', 0, dict(file_name=None), 'file_name must be a text, got N'),
        ('images', 1, dict(id=1), 'two images have the id 1'),
        ('images', 0, dict(id=[1]), 'id must be a number or a text, got'),
        ('annotations', 1, dict(image_id=[1]), 'entry 1: image_id must be a'),
        ('annotations', 0, dict(category_id={}), 'category_id must be a num'),
        ('categories', 0, dict(name=5), 'categories, entry 0: name must be'),
    ],
)
def test_bad__named(part, place, change, said):
    content = copy.deepcopy(GOOD)
    content[part][place].update(change)
    with pytest.raises(DataFileError, match=said) as caught:
        check_entries('a.json', content)
    assert caught.value.path == 'a.json'


def test_bad__no_field_or_no_dict():
    content = copy.deepcopy(GOOD)
    del content['images'][0]['height']
    with pytest.raises(
        DataFileError, match='height must be a number of px, got n'
    ):
        check_entries('a.json', content)
    content['images'] = ['a.jpg']
    with pytest.raises(DataFileError, match='a dict is needed, got'):
        check_entries('a.json', content)


def test_four_numbers():
    assert four_numbers([0, 1.5, -2, 1e9])
    for wrong in ([1, 2, 3], [1, 2, 3, float('nan')], 5, 'abcd', None):
        assert not four_numbers(wrong)
    assert not four_numbers([1, 2, 3, float('inf')])
    assert not four_numbers(['1', 2, 3, 4])
