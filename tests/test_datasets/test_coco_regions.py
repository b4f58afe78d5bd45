import json
import pickle

import numpy as np
import pytest

from mmssl.datasets import CocoRegions, Draw
from mmssl.io.errors import DataFileError
from mmssl.registry import DATASETS
from mmssl.testing.toy_images import make_toy_images

PIPELINE = [
    dict(type='LoadImageRGB'),
    dict(type='ResizeRegions', short_side=(40, 48), max_size=100),
    dict(type='FlipRegions', prob=0.5),
    dict(type='PackRegions'),
]


@pytest.fixture
def toys(tmp_path):
    """Four images, three with a box; 72 x 96 and 96 x 72 px."""
    make_toy_images(tmp_path / 'img', n=4, size=((72, 96), (96, 72)))
    images = [
        dict(id=i, file_name=f'{i:04d}.jpg', width=w, height=h)
        for i, (h, w) in enumerate([(72, 96), (96, 72)] * 2)
    ]
    annotations = [
        dict(id=i, image_id=i, category_id=i, bbox=[6 * i, 12, 24, 36])
        for i in (0, 2, 3)
    ]
    categories = [dict(id=i, name=f'c{i}') for i in range(4)]
    content = dict(
        images=images, annotations=annotations, categories=categories
    )
    (tmp_path / 'a.json').write_text(json.dumps(content))
    return tmp_path


def build(toys, **changes):
    options = dict(
        ann_file='a.json', img_root='img', data_root=str(toys), **changes
    )
    return DATASETS.build(dict(type='mmssl.CocoRegions', **options))


def test_info__of_an_image(toys):
    data = build(toys)
    assert len(data) == 3
    info = data.get_data_info(-2)
    np.testing.assert_array_equal(
        info.pop('gt_bboxes'), [[12.0, 12.0, 36.0, 48.0]]
    )
    assert info.pop('gt_bboxes_labels').tolist() == [2]
    assert info == dict(
        img_path=str(toys / 'img' / '0002.jpg'),
        source=f'{toys / "a.json"}, image 2',
        sample_idx=1,
    )
    assert data.metainfo['classes'] == ('c0', 'c1', 'c2', 'c3')
    assert data.left_out == ['1 images without a box: 0001.jpg']
    with pytest.raises(IndexError, match='sample 3 of 3'):
        data.get_data_info(3)


@pytest.mark.parametrize(
    ('indices', 'left'),
    [(1, [0]), (-1, [3]), ([2, 0], [3, 0]), (None, [0, 2, 3])],
)
def test_indices(toys, indices, left):
    data = build(toys, indices=indices)
    labels = [
        int(data.get_data_info(i)['gt_bboxes_labels'][0])
        for i in range(len(data))
    ]
    assert labels == left


def test_sample__follows_the_draw_alone(toys):
    one = build(toys, pipeline=PIPELINE, seed=3)
    two = pickle.loads(pickle.dumps(one))
    seen = set()
    for number in range(8):
        draw = Draw(0, number)
        a, b = one[draw], two[draw]
        assert (a['inputs'] == b['inputs']).all()
        boxes = a['data_samples'].gt_boxes
        assert (boxes == b['data_samples'].gt_boxes).all()
        seen.add((tuple(a['inputs'].shape), a['data_samples'].flip))
    assert len(seen) == 4  # two sizes, mirrored or not


def test_sample__box_shows_the_same_pixels(toys):
    """The mean colour in the box is that of the file's box."""
    plain = build(toys, test_mode=True, pipeline=PIPELINE[:1])
    data = build(toys, pipeline=PIPELINE)
    for index in range(3):
        source = plain[index]
        x1, y1, x2, y2 = source['gt_bboxes'][0].astype(int)
        expected = source['img'][y1:y2, x1:x2].mean((0, 1))
        for number in range(4):
            sample = data[Draw(index, number)]
            box = sample['data_samples'].gt_boxes[0].round().int().tolist()
            x1, y1, x2, y2 = box
            cut = sample['inputs'][:, y1:y2, x1:x2].float().mean((1, 2))
            assert np.abs(cut.numpy() - expected).max() < 6


def test_errors(toys):
    with pytest.raises(ValueError, match='ann_file must be a COCO json'):
        CocoRegions(ann_file='')
    with pytest.raises(DataFileError, match='no such file'):
        build(toys / 'no')
    content = json.loads((toys / 'a.json').read_text())
    for annotation in content['annotations']:
        annotation['iscrowd'] = 1
    (toys / 'a.json').write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r'no box to use: .*3 crowds'):
        build(toys)
