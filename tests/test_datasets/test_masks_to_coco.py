"""Boxes of masks against pieces drawn by hand."""

import json

import numpy as np
import pytest
from PIL import Image

from mmssl.datasets.coco_boxes import read_coco_boxes
from mmssl.datasets.masks_to_coco import mask_boxes, masks_to_coco
from mmssl.io.errors import DataFileError
from mmssl.testing.toy_images import make_toy_images


@pytest.fixture
def toys(tmp_path):
    make_toy_images(tmp_path / 'img' / 'part', n=2, size=(60, 90))
    (tmp_path / 'mask' / 'part').mkdir(parents=True)
    return tmp_path


def draw(toys, name='0000', mode=None, size=(60, 90)):
    mask = np.zeros(size, np.uint8)
    mask[5:25, 10:40] = 3
    mask[30:50, 50:70] = 1
    mask[40:60, 0:12] = 1
    mask[0:4, 80:90] = 2  # low
    mask[55:, 80:] = 255
    image = Image.fromarray(mask)
    if mode == 'P':
        image.putpalette([value // 3 for value in range(768)][::-1])
    elif mode == 'I;16':
        image = Image.fromarray(mask.astype(np.uint16))
    elif mode:
        image = image.convert(mode)
    image.save(toys / 'mask' / 'part' / f'{name}.png')


def convert(toys, *args, **kwargs):
    out = toys / 'coco.json'
    return out, masks_to_coco(
        toys / 'mask', toys / 'img', out, *args, **kwargs
    )


@pytest.mark.parametrize('mode', [None, 'I;16', 'P'])
def test_convert__a_box_for_each_piece(toys, mode):
    draw(toys, mode=mode)
    out, left_out = convert(toys)
    found = read_coco_boxes(out)
    np.testing.assert_array_equal(
        found.boxes, [[50, 30, 70, 50], [0, 40, 12, 60], [10, 5, 40, 25]]
    )
    assert found.labels.tolist() == [1, 1, 3]
    assert found.classes[3] == 'class_3'
    assert [i['width'] for i in json.loads(out.read_text())['images']] == [90]
    part = toys / 'mask' / 'part' / '0000.png'
    assert left_out == {
        'images without a mask': [str(toys / 'img' / 'part' / '0001.jpg')],
        'masks with boxes below 8 px': [f'{part} (1)'],
    }


def test_convert__names_ignored_and_sizes(toys):
    draw(toys)
    draw(toys, 'extra')
    names = [f'n{i}' for i in range(256)]
    out, left_out = convert(toys, names, ignored=[1], min_size=1)
    found = read_coco_boxes(out)
    # the background is a piece, of the size of the image
    assert found.labels.tolist() == [0, 2, 3, 255]
    assert found.boxes[0].tolist() == [0, 0, 90, 60]
    extra = str(toys / 'mask' / 'part' / 'extra.png')
    assert left_out['masks without an image'] == [extra]


def test_convert__errors_name_the_file(toys):
    draw(toys)
    with pytest.raises(
        ValueError, match=r'0000.png: class 3, but there are 2'
    ):
        convert(toys, 2)
    with pytest.raises(ValueError, match='min_size must be >= 1, got 0'):
        convert(toys, min_size=0)
    draw(toys, mode='RGB')
    with pytest.raises(DataFileError, match=r'0000.png.* mode RGB'):
        convert(toys)
    draw(toys, size=(60, 91))
    with pytest.raises(DataFileError, match=r'60 x 91 .* image 60 x 90'):
        convert(toys)
    (toys / 'mask' / 'part' / '0000.png').write_bytes(b'no image')
    with pytest.raises(DataFileError, match=r'0000.png.*cannot be decoded'):
        convert(toys)


def test_mask_boxes__corners_connect_and_nothing_gives_nothing():
    mask = np.eye(6, dtype=np.int64) * 7
    assert mask_boxes(mask) == [(7, 0, 0, 6, 6)]
    mask[3, 3] = 0
    assert mask_boxes(mask) == [(7, 0, 0, 3, 3), (7, 4, 4, 2, 2)]
    assert mask_boxes(np.zeros((4, 4), int)) == []
