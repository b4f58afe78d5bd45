"""Annotations of COCO from masks and keypoints."""

import json

import numpy as np
import pytest

from mmssl.worlds.coco_annotations import (
    KINDS,
    SKELETON,
    coco_json,
    object_annotation,
)
from mmssl.worlds.puppets.parts import KEYPOINTS


@pytest.fixture
def mask():
    mask = np.zeros((40, 30), bool)
    mask[5:20, 10:14] = True
    return mask


@pytest.fixture
def keypoints():
    points = np.tile([11.25, 6.5, 2.0], (17, 1))
    points[3] = [12.126, 7, 1]
    points[5] = [99, 99, 0]
    return points


def test_object_annotation__fields(mask, keypoints):
    entry = object_annotation(
        mask, 'person', 0.51239, [8.0, 4.5, 15.5, 30.0], keypoints
    )
    assert entry['bbox'] == entry['vis_bbox'] == [10, 5, 4, 15]
    assert entry['full_bbox'] == [8.0, 4.5, 7.5, 25.5]
    assert entry['area'] == 60
    assert entry['visibility'] == 0.5124
    assert entry['iscrowd'] == 0
    assert entry['category_id'] == 1
    points = np.reshape(entry['keypoints'], (17, 3))
    assert points[0].tolist() == [11.25, 6.5, 2]
    assert points[3].tolist() == [12.13, 7, 1]
    assert points[5].tolist() == [0, 0, 0]
    assert entry['num_keypoints'] == 16
    assert all(isinstance(v, int) for v in entry['keypoints'][2::3])


@pytest.mark.parametrize('kind', KINDS)
def test_object_annotation__kinds_are_numbered_from_1(mask, kind):
    entry = object_annotation(mask, kind)
    assert entry['category_id'] == 1 + KINDS.index(kind)
    assert 'keypoints' not in entry
    assert entry['full_bbox'] == entry['bbox']


def test_object_annotation__nothing_seen(mask):
    assert object_annotation(mask & False, 'person') is None


def test_object_annotation__what_can_hardly_be_seen_is_a_crowd(
    mask, keypoints
):
    hidden = object_annotation(mask, 'person', 0.09, None, keypoints)
    assert hidden['iscrowd'] == 1
    assert hidden['num_keypoints'] == 0
    assert not any(hidden['keypoints'])
    dot = np.zeros_like(mask)
    dot[:4, :5] = True
    assert object_annotation(dot, 'ball')['iscrowd'] == 1
    assert object_annotation(mask, 'person', 0.1)['iscrowd'] == 0


def test_coco_json__numbers_and_categories(mask, keypoints):
    person = object_annotation(mask, 'person', 1, None, keypoints)
    ball = object_annotation(mask.T, 'ball')
    images = [
        dict(file_name=name, width=30, height=40) for name in ('a.jpg', 'b')
    ]
    objects = [[person, ball], [ball, person]]
    every = json.loads(coco_json(images, objects))
    assert [image['id'] for image in every['images']] == [1, 2]
    assert [one['name'] for one in every['categories']] == list(KINDS)
    found = [
        (one['id'], one['image_id'], one['category_id'])
        for one in every['annotations']
    ]
    assert found == [(1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 2, 1)]
    assert not any('keypoints' in one for one in every['annotations'])
    people = json.loads(coco_json(images, objects, persons_only=True))
    assert [one['id'] for one in people['annotations']] == [1, 4]
    assert people['annotations'][0]['keypoints'] == person['keypoints']
    (category,) = people['categories']
    assert category['keypoints'] == list(KEYPOINTS)
    joined = np.array(category['skeleton'])
    assert joined.min() == 1
    assert joined.max() == 17


def test_skeleton__joins_one_side_as_the_other():
    """Mirroring left and right names changes nothing."""
    names = [
        frozenset(KEYPOINTS[number - 1] for number in pair)
        for pair in SKELETON
    ]
    swap = {'left': 'right', 'right': 'left'}
    mirrored = {
        frozenset(
            name.replace(side, swap[side]) if side in swap else name
            for name in pair
            for side in [name.split('_')[0]]
        )
        for pair in names
    }
    assert mirrored == set(names)
