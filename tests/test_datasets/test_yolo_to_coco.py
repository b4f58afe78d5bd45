import json

import numpy as np
import pytest

from mmssl.datasets.coco_boxes import read_coco_boxes
from mmssl.datasets.yolo_to_coco import yolo_to_coco
from mmssl.io.errors import DataFileError
from mmssl.testing.toy_images import make_toy_images


@pytest.fixture
def toys(tmp_path):
    make_toy_images(tmp_path / 'img' / 'part', n=3, size=(50, 100))
    labels = tmp_path / 'txt' / 'part'
    labels.mkdir(parents=True)
    (labels / '0000.txt').write_text(
        '2 0.5 0.5 0.2 0.4\n\n0 0.95 0.5 0.2 1.0\n'
        '1 0.1 0.2 0.3 0.2 0.3 0.7 0.1 0.7\n'
    )
    (labels / '0002.txt').write_text('')
    return tmp_path


def convert(toys, classes=None):
    out = toys / 'out' / 'coco.json'
    left_out = yolo_to_coco(toys / 'txt', toys / 'img', out, classes)
    return out, left_out


def test_convert__boxes_polygons_sizes(toys):
    out, left_out = convert(toys)
    found = read_coco_boxes(out)
    assert found.names == ('part/0000.jpg',)
    np.testing.assert_allclose(
        found.boxes, [[40, 15, 60, 35], [85, 0, 100, 50], [10, 10, 30, 35]]
    )
    assert found.labels.tolist() == [2, 0, 1]
    assert found.classes == ('class_0', 'class_1', 'class_2')
    written = json.loads(out.read_text())
    assert [image['width'] for image in written['images']] == [100] * 3
    areas = [one['area'] for one in written['annotations']]
    assert areas == pytest.approx([400, 750, 500])
    image = str(toys / 'img' / 'part' / '0001.jpg')
    assert left_out == {'images without labels': [image]}


def test_convert__names_and_skips(toys):
    text = toys / 'txt' / 'part' / '0001.txt'
    text.write_text(
        '0 0.5 0.5 nan 0.1\n0 0.5 0.5 0.1\nx 0.5 0.5 0.1 0.1\n'
        '-1 0.5 0.5 0.1 0.1\n0.5 0.5 0.5 0.1 0.1\n1 1.5 0.5 0.1 0.1\n'
        '3 0.5 0.5 0.1 0.1\n'
    )
    (toys / 'txt' / 'part' / 'no.txt').write_text('')
    (toys / 'img' / 'part' / 'bad.jpg').write_text('no image')
    out, left_out = convert(toys, ['a', 'b', 'c', 'd'])
    assert read_coco_boxes(out).classes == ('a', 'b', 'c', 'd')
    assert left_out == {
        'boxes without an area in the image': [f'{text}, line 6'],
        'files that are no images': [str(toys / 'img' / 'part' / 'bad.jpg')],
        'labels without an image': [str(toys / 'txt' / 'part' / 'no.txt')],
        'lines that are no object': [f'{text}, line {n}' for n in range(1, 6)],
    }
    with pytest.raises(
        ValueError, match=r'0000.txt, line 1: class 2, but .*2'
    ):
        convert(toys, 2)
    assert read_coco_boxes(out).classes == ('a', 'b', 'c', 'd')


def test_convert__folders(toys):
    with pytest.raises(DataFileError, match='no such folder'):
        yolo_to_coco(toys / 'no', toys / 'img', toys / 'a.json')
    with pytest.raises(DataFileError, match='has no files ending in'):
        yolo_to_coco(toys / 'txt', toys / 'txt', toys / 'a.json')
