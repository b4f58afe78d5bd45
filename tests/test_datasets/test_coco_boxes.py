import json

import numpy as np
import pytest

from mmssl.datasets.coco_boxes import read_coco_boxes
from mmssl.io.errors import DataFileError


def coco(tmp_path, annotations, **changes):
    """Write a file of two images of 100 x 50 px and three categories."""
    content = dict(
        images=[
            dict(id=7, file_name='a.jpg', width=100, height=50),
            dict(id=3, file_name='b.jpg', width=100, height=50),
        ],
        categories=[
            dict(id=9, name='cat'),
            dict(id=2, name='dog'),
            dict(id=5, name='hat'),
        ],
        annotations=[
            dict(dict(id=i, image_id=7, category_id=2), **annotation)
            for i, annotation in enumerate(annotations)
        ],
    )
    path = tmp_path / 'coco.json'
    path.write_text(json.dumps(dict(content, **changes)))
    return path


def test_read__boxes_and_labels_by_image(tmp_path):
    path = coco(
        tmp_path,
        [
            dict(bbox=[10, 5, 20, 10], category_id=9),
            dict(bbox=[0, 0, 1, 2], image_id=3, category_id=5),
            dict(bbox=[90, 40, 30, 30]),  # beyond the corner
        ],
    )
    found = read_coco_boxes(path)
    assert found.classes == ('dog', 'hat', 'cat')  # by number
    assert found.names == ('a.jpg', 'b.jpg')
    assert len(found) == 2
    boxes, labels = found.of_image(0)
    np.testing.assert_array_equal(boxes, [[10, 5, 30, 15], [90, 40, 100, 50]])
    assert labels.tolist() == [2, 0]
    boxes, labels = found.of_image(1)
    np.testing.assert_array_equal(boxes, [[0, 0, 1, 2]])
    assert labels.tolist() == [1]
    assert boxes.dtype == np.float32
    assert found.told() == []


def test_read__left_out_is_counted_and_named(tmp_path):
    path = coco(
        tmp_path,
        [
            dict(bbox=[1, 1, 9, 9]),
            dict(bbox=[1, 1, 9, 9], iscrowd=1),
            dict(bbox=[1, 1, 0.5, 9]),
            dict(bbox=[99.5, 1, 9, 9]),
            dict(bbox=[1, 1, 9, 9], image_id=55),
            dict(bbox=[1, 1, 9]),
        ],
    )
    found = read_coco_boxes(path)
    assert len(found.boxes) == 1
    assert found.left_out == {
        'crowds': ('annotation 1 (image 7)',),
        'boxes of less than 1 px a side': (
            'annotation 2 (image 7)',
            'annotation 3 (image 7)',
        ),
        'boxes of images that are not listed': ('annotation 4 (image 55)',),
        'boxes that are not four numbers': ('annotation 5 (image 7)',),
        'images without a box': ('b.jpg',),
    }
    line = (
        '2 boxes of less than 1 px a side: annotation 2 (image 7) ... (1 more)'
    )
    assert line in found.told(names=1)
    assert len(read_coco_boxes(path, min_size=0.4).boxes) == 3


def test_read__classes_give_the_labels(tmp_path):
    path = coco(tmp_path, [dict(bbox=[1, 1, 9, 9])])
    order = ('hat', 'cow', 'dog', 'cat')
    assert read_coco_boxes(path, order).labels.tolist() == [2]
    with pytest.raises(ValueError, match=r"annotation 0 .*class 'dog', wh"):
        read_coco_boxes(path, ('cat', 'hat'))
    with pytest.raises(ValueError, match='repeat'):
        read_coco_boxes(path, ('cat', 'cat'))


@pytest.mark.parametrize('number', [4, None])
def test_read__labels_missing_or_out_of_range(tmp_path, number):
    path = coco(tmp_path, [dict(bbox=[1, 1, 9, 9], category_id=number)])
    with pytest.raises(ValueError, match=rf'category_id {number}.*\(2, 5, 9'):
        read_coco_boxes(path)


def test_read__no_coco_file(tmp_path):
    with pytest.raises(DataFileError, match='no such file'):
        read_coco_boxes(tmp_path / 'no.json')
    (tmp_path / 'a.json').write_text('{')
    with pytest.raises(DataFileError, match='is no JSON'):
        read_coco_boxes(tmp_path / 'a.json')
    for content in ('[]', '{"images": []}'):
        (tmp_path / 'a.json').write_text(content)
        with pytest.raises(DataFileError, match='annotations, categories'):
            read_coco_boxes(tmp_path / 'a.json')
    path = coco(tmp_path, [], categories=[])
    with pytest.raises(ValueError, match='no categories'):
        read_coco_boxes(path)
