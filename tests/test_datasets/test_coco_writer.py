"""What is written is what pycocotools would read: numbers, names, areas."""

import json

import pytest

from mmssl.datasets.coco_writer import (
    Box,
    class_names,
    files_by_stem,
    image_entry,
    note,
    write_coco,
)
from mmssl.io.errors import DataFileError
from mmssl.testing.toy_images import make_toy_images


def test_write_coco__the_whole_file(tmp_path):
    make_toy_images(tmp_path / 'a', n=1, size=(20, 30))
    files = files_by_stem(tmp_path, ('.jpg',))
    assert list(files) == ['a/0000']
    entry = image_entry(files['a/0000'], tmp_path, 4)
    out = tmp_path / 'new' / 'coco.json'
    write_coco(out, [entry], [Box(4, 1, (2.0, 3, 5, 0.5))], ['x', 'y'])
    assert json.loads(out.read_text()) == {
        'images': [
            {'id': 4, 'file_name': 'a/0000.jpg', 'width': 30, 'height': 20}
        ],
        'annotations': [
            {
                'id': 1,
                'image_id': 4,
                'category_id': 2,
                'bbox': [2, 3, 5, 0.5],
                'area': 2.5,
                'iscrowd': 0,
            }
        ],
        'categories': [{'id': 1, 'name': 'x'}, {'id': 2, 'name': 'y'}],
    }


def test_class_names__as_many_as_needed_or_an_error():
    boxes = [Box(1, 2, (0, 0, 1, 1), 'file, line 3')]
    assert class_names(None, boxes) == ['class_0', 'class_1', 'class_2']
    assert class_names(None, []) == []
    assert class_names(['a', 'b', 'c'], boxes) == ['a', 'b', 'c']
    with pytest.raises(ValueError, match=r'line 3: class 2.* 2 classes'):
        class_names(2, boxes)


def test_files__none_and_no_image(tmp_path):
    with pytest.raises(DataFileError, match='no such folder'):
        files_by_stem(tmp_path / 'no', ('.jpg',))
    with pytest.raises(DataFileError, match=r'no files ending in \.jpg'):
        files_by_stem(tmp_path, ('.jpg',))
    text = tmp_path / 'a.jpg'
    text.write_text('no image')
    assert image_entry(text, tmp_path, 1) is None


def test_note__collects_by_reason():
    left_out = {}
    for name in 'ab':
        note(left_out, 'reason', name)
    assert left_out == {'reason': ['a', 'b']}
