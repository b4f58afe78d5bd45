"""Labels from folders and lists."""

import numpy as np
import pytest

from mmssl.datasets.image_labels import (
    folder_labels,
    list_labels,
    read_classes,
)
from mmssl.io.image_search import find_images


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def write(path, *lines):
    path.write_text('\n'.join(lines) + '\n')
    return str(path)


def test_folders__sorted_by_name_with_empty_ones(tmp_path):
    touch(tmp_path, 'dog/1.jpg', 'cat/b/2.jpg', 'cat/1.jpg', 'empty/x.txt')
    names, labels = folder_labels(find_images(tmp_path), str(tmp_path))
    assert names == ('cat', 'dog', 'empty')
    assert labels.tolist() == [0, 0, 1]  # cat/1, cat/b/2, dog/1
    assert labels.dtype == np.int64


def test_folders__given_classes_fix_the_numbers(tmp_path):
    touch(tmp_path, 'dog/1.jpg', 'cat/1.jpg')
    names, labels = folder_labels(
        find_images(tmp_path), str(tmp_path), ['emu', 'dog', 'cat']
    )
    assert names == ('emu', 'dog', 'cat')
    assert labels.tolist() == [2, 1]


def test_folders__unknown_folder_is_named(tmp_path):
    touch(tmp_path, 'dog/1.jpg', 'cat/1.jpg', 'ape/1.jpg')
    match = '2 folders .* not among the 1 classes: ape, cat; classes are dog'
    with pytest.raises(ValueError, match=match):
        folder_labels(find_images(tmp_path), str(tmp_path), ['dog'])


def test_folders__image_without_folder_is_named(tmp_path):
    touch(tmp_path, 'dog/1.jpg', '7.jpg', '8.jpg')
    match = r'2 images of .* lie in no sub-folder, .* 7\.jpg.*labels=None'
    with pytest.raises(ValueError, match=match):
        folder_labels(find_images(tmp_path), str(tmp_path))


def test_lists__in_order_with_blank_lines_and_crlf(tmp_path):
    first = tmp_path / 'a.txt'
    first.write_bytes(b'\xef\xbb\xbfx.jpg 3\r\n\r\n  y.jpg\t0 \r\n')
    second = write(tmp_path / 'b.txt', 'z.jpg 1')
    names, labels = list_labels([str(first), second])
    assert labels.tolist() == [3, 0, 1]
    assert names == ('0', '1', '2', '3')
    names, _ = list_labels([second], ['cat', 'dog'])
    assert names == ('cat', 'dog')


@pytest.mark.parametrize('bad', ['2', '-1', '1.0', 'dog', '1_0', 'nan'])
def test_lists__label_out_of_range_names_file_and_line(tmp_path, bad):
    path = write(tmp_path / 'l.txt', 'a.jpg 0', '', f'b.jpg {bad}')
    match = (
        r'l\.txt: line 3: a label must be a whole number from 0 to 1 '
        rf"\(2 classes\), got '{bad}'"
    )
    with pytest.raises(ValueError, match=match):
        list_labels([path], ['cat', 'dog'])


def test_lists__negative_label_without_classes(tmp_path):
    path = write(tmp_path / 'l.txt', 'a.jpg -1')
    with pytest.raises(ValueError, match=r"line 1: .* from 0 on, got '-1'"):
        list_labels([path])


def test_lists__empty(tmp_path):
    names, labels = list_labels([write(tmp_path / 'l.txt', '')])
    assert names == ()
    assert labels.shape == (0,)


def test_classes__of_a_file(tmp_path):
    write(tmp_path / 'c.txt', 'cat', '', ' sea lion ')
    assert read_classes('c.txt', str(tmp_path)) == ('cat', 'sea lion')
    assert read_classes(['a', 'b'], '') == ('a', 'b')
    with pytest.raises(FileNotFoundError, match=r'd\.txt'):
        read_classes('d.txt', str(tmp_path))


@pytest.mark.parametrize(
    ('classes', 'message'),
    [(['a', 'b', 'a'], 'classes hold a twice'), ([], 'hold no name at all')],
)
def test_classes__twice_or_none(classes, message):
    with pytest.raises(ValueError, match=message):
        read_classes(classes, '')
