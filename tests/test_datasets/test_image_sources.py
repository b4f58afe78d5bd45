"""Images of folders and of lists."""

import copy
import pickle

import pytest

from mmssl.datasets.image_sources import (
    ImageEntry,
    ListedImages,
    SearchedImages,
)
from mmssl.testing.toy_images import make_toy_images


def write(path, *lines):
    path.write_text('\n'.join(lines) + '\n')
    return str(path)


def test_searched__names_labels_and_rest(tmp_path):
    folder = make_toy_images(tmp_path / 'a', 4, (8, 8), classes=2)
    (folder / 'readme.txt').touch()
    found = SearchedImages(str(folder), 'folders')
    assert [found[i] for i in range(4)] == [
        ImageEntry('class_0/0000.jpg'),
        ImageEntry('class_0/0002.jpg'),
        ImageEntry('class_1/0001.jpg'),
        ImageEntry('class_1/0003.jpg'),
    ]
    assert found.labels.tolist() == [0, 0, 1, 1]
    assert found.classes == ('class_0', 'class_1')
    assert found.left_out == ['1 .txt, no image: readme.txt']
    again = pickle.loads(pickle.dumps(found))
    assert again[3] == found[3]
    assert copy.deepcopy(found) is found
    unlabelled = SearchedImages(str(folder))
    assert unlabelled.labels is None
    assert unlabelled.classes is None


def test_searched__no_image(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no images below .*empty'):
        SearchedImages(str(tmp_path))
    (tmp_path / 'a.txt').touch()
    with pytest.raises(FileNotFoundError, match=r'1 \.txt, no image: a\.txt'):
        SearchedImages(str(tmp_path))


def test_listed__names_and_lines(tmp_path):
    first = write(tmp_path / 'a.txt', '', 'x/1.jpg 5', 'y.jpg 0')
    second = write(tmp_path / 'b.txt', 'z.jpg 1')
    found = ListedImages([first, second], 'list')
    assert [found[i] for i in range(3)] == [
        ImageEntry('x/1.jpg', f'{first}, line 2'),
        ImageEntry('y.jpg', f'{first}, line 3'),
        ImageEntry('z.jpg', f'{second}, line 1'),
    ]
    assert found.labels.tolist() == [5, 0, 1]
    assert ListedImages([first]).labels is None


def test_listed__missing_label_names_the_line(tmp_path):
    path = write(tmp_path / 'a.txt', 'a.jpg 1', 'b.jpg')
    match = r"a\.txt: line 2: expected 2 .*labels='list': path label\), got 1"
    with pytest.raises(ValueError, match=match):
        ListedImages([path], 'list')
    with pytest.raises(ValueError, match='path label, the same in all lines'):
        ListedImages([path])


def test_listed__blank_in_a_name(tmp_path):
    path = write(tmp_path / 'a.txt', 'my photo 1.jpg')
    with pytest.raises(ValueError, match=r"got 3: 'my photo 1\.jpg'"):
        ListedImages([path])


def test_listed__coco_annotations(tmp_path):
    path = write(tmp_path / 'instances.json', '{}')
    match = r"instances\.json: no list of images\. .*data_prefix='train2017'"
    with pytest.raises(ValueError, match=match):
        ListedImages([path])


def test_listed__missing_and_empty(tmp_path):
    for labels in (None, 'list'):
        with pytest.raises(FileNotFoundError, match='no such list file'):
            ListedImages([str(tmp_path / 'nope.txt')], labels)
    assert len(ListedImages([write(tmp_path / 'e.txt', '')])) == 0


def test_listed__a_pickle_is_sent_to_the_converter(tmp_path):
    path = write(tmp_path / 'names.pkl', 'x')
    with pytest.raises(
        ValueError, match=r'mmssl names .*names\.pkl names\.txt'
    ):
        ListedImages([path])
