import json

import numpy as np
import pytest

from mmssl.datasets.coco_people import read_coco_people
from mmssl.io.errors import DataFileError


def person(
    number, box=(10, 20, 30, 40), points=((1, 2, 2), (0, 0, 0)), **more
):
    flat = [float(v) for point in points for v in point]
    return dict(
        id=number,
        image_id=7,
        category_id=1,
        bbox=list(box),
        keypoints=flat,
        **more,
    )


def write(path, *people, keypoints=('nose', 'tail'), **changes):
    content = dict(
        images=[dict(id=7, file_name='a/7.jpg', width=100, height=90)],
        annotations=list(people),
        categories=[dict(id=1, name='dog', keypoints=list(keypoints))],
    )
    path.write_text(json.dumps({**content, **changes}))
    return path


def test_read__people_in_order(tmp_path):
    path = write(
        tmp_path / 'k.json',
        person(1, area=500.5),
        person(2, box=(-5, -5, 20, 30), points=((3, 4, 1), (5, 6, 2))),
    )
    found = read_coco_people(path)
    assert len(found) == 2
    assert found.files == ('a/7.jpg', 'a/7.jpg')
    assert found.ids.tolist() == [1, 2]
    assert found.boxes.tolist() == [[10, 20, 40, 60], [0, 0, 15, 25]]
    # The second has no area: that of its box.
    assert found.areas.tolist() == [500.5, 375]
    assert found.keypoints[1].tolist() == [[3, 4, 1], [5, 6, 2]]
    assert found.keypoints.dtype == np.float32
    assert found.names == ('nose', 'tail')
    assert found.told() == []


def test_read__left_out_and_named(tmp_path):
    path = write(
        tmp_path / 'k.json',
        person(1, iscrowd=1),
        person(2, box=(10, 10, 4, 50)),
        person(3, points=((1, 1, 0), (0, 0, 0))),
        dict(person(4), image_id=8),
        person(5),
        dict(person(6), category_id=2),
        categories=[
            dict(id=1, name='dog', keypoints=['nose', 'tail']),
            dict(id=2, name='box'),
        ],
    )
    found = read_coco_people(path, min_size=5)
    assert found.ids.tolist() == [5]
    assert found.told() == [
        '1 boxes of images that are not listed: annotation 4 (image 8)',
        '1 boxes of less than 5 px a side: annotation 2 (image 7)',
        '1 crowds: annotation 1 (image 7)',
        '1 people with fewer than 1 keypoints: annotation 3 (image 7)',
    ]
    assert len(read_coco_people(path, min_keypoints=2)) == 0


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        (dict(categories=[dict(id=1, name='a')]), '0 categories have'),
        (dict(annotations=[dict(person(1), keypoints=[1])]), '6 numbers'),
        (dict(annotations=[dict(person(1), keypoints=None)]), '6 numbers'),
        (
            dict(annotations=[dict(person(1), keypoints=['a'] * 6)]),
            'annotation 1 .image 7.: keypoints must be 6',
        ),
    ],
)
def test_read__mistakes(tmp_path, change, told):
    path = write(tmp_path / 'k.json', **change)
    with pytest.raises(DataFileError, match=told):
        read_coco_people(path)


def test_read__no_file(tmp_path):
    with pytest.raises(DataFileError, match='no such file'):
        read_coco_people(tmp_path / 'none.json')
