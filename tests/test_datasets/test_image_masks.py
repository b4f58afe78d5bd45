import json

import cv2
import numpy as np
import pytest

from mmssl.datasets.image_masks import ImageMasks
from mmssl.io.errors import DataFileError
from mmssl.registry import DATASETS
from mmssl.testing.toy_people import make_toy_people

ROOTS = dict(img_root='images', mask_root='masks', classes='labels.json')


@pytest.fixture
def people(tmp_path):
    return make_toy_people(tmp_path, n=4, size=(48, 24))


def test_samples__image_and_labels_of_one_name(people):
    data = DATASETS.build(
        dict(
            type='mmssl.ImageMasks',
            data_root=str(people),
            groups={'person': '*', 'other': ['background']},
            test_mode=True,
            **ROOTS,
        )
    )
    assert len(data) == 4
    assert data.metainfo['classes'] == ('person', 'other')
    sample = data[2]
    assert sample['img_path'] == str(people / 'images' / '0002.jpg')
    raw = cv2.imread(str(people / 'masks' / '0002.png'), -1)
    assert sample['gt_mask'].tolist() == (raw == 0).astype(int).tolist()
    assert sample['gt_mask'].dtype == np.int16


def test_samples__some_by_list_or_number(people, tmp_path):
    (tmp_path / 'val.txt').write_text('0003.jpg\n\n0001\n')
    data = ImageMasks(
        data_root=str(people), ann_file='val.txt', test_mode=True, **ROOTS
    )
    names = [data.get_data_info(i)['mask_path'][-8:] for i in range(2)]
    assert (len(data), names) == (2, ['0003.png', '0001.png'])
    assert data.get_data_info(1)['source'].endswith('val.txt, line 3')
    last = ImageMasks(data_root=str(people), indices=-1, **ROOTS)
    assert last.get_data_info(0)['mask_path'].endswith('0003.png')
    (tmp_path / 'val.txt').write_text('0001\n0009\n')
    with pytest.raises(DataFileError, match=r'0009: no image and mask .*e 2'):
        ImageMasks(data_root=str(people), ann_file='val.txt', **ROOTS)


def test_folders__what_has_no_partner_is_named(people):
    (people / 'masks' / '0001.png').unlink()
    (people / 'images' / '0003.jpg').unlink()
    data = ImageMasks(data_root=str(people), **ROOTS)
    assert len(data) == 2
    assert data.left_out == [
        '1 masks without image: 0003',
        '1 images without mask: 0001',
    ]
    for path in (people / 'images').iterdir():
        path.rename(path.with_name('x' + path.name))
    with pytest.raises(
        ValueError, match=r'no image of .* has a mask of its n'
    ):
        ImageMasks(data_root=str(people), **ROOTS)


def test_masks__with_what_is_no_class(people):
    classes = json.loads((people / 'labels.json').read_text())['classes']
    few = dict(ROOTS, classes=classes[:3])
    data = ImageMasks(data_root=str(people), test_mode=True, **few)
    with pytest.raises(DataFileError, match=r'0000\.png: holds the values \['):
        data[0]
    (people / 'masks' / '0001.png').write_bytes(b'no')
    with pytest.raises(DataFileError, match=r'0001\.png: cannot be decoded'):
        data[1]
