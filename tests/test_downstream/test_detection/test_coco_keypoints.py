"""Records of COCO with keypoints."""

import json

import numpy as np
import pytest

pytest.importorskip('mmdet')
from mmssl.downstream.detection.coco_keypoints import KeypointCocoDataset

pytestmark = pytest.mark.downstream


def annotation(number, image=1, **changed):
    plain = dict(
        id=number,
        image_id=image,
        category_id=1,
        bbox=[1, 2, 10, 20],
        area=200,
        iscrowd=0,
        keypoints=list(range(number, number + 50)) + [2],
        num_keypoints=17,
    )
    return dict(plain, **changed)


def dataset(tmp_path, annotations, images=1, **kwargs):
    file = tmp_path / 'a.json'
    content = dict(
        images=[
            dict(id=i, file_name=f'{i}.jpg', width=40, height=40)
            for i in range(1, images + 1)
        ],
        annotations=annotations,
        categories=[dict(id=1, name='person'), dict(id=2, name='ball')],
    )
    file.write_text(json.dumps(content))
    options = dict(ann_file=str(file), data_prefix=dict(img=''), pipeline=[])
    return KeypointCocoDataset(**options, **kwargs)


def test_records__keypoints_stay_beside_their_boxes(tmp_path):
    """The host leaves some annotations out: no other gets their keypoints."""
    given = [
        annotation(1, ignore=True),
        annotation(2, category_id=2),
        annotation(3, bbox=[5, 5, 10, 10]),
        annotation(4, bbox=[0, 0, 0.5, 3]),
        annotation(5, bbox=[50, 50, 4, 4]),
        annotation(6, bbox=[7, 7, 10, 10], iscrowd=1),
        annotation(7, bbox=[8, 8, 10, 10], keypoints=None),
        annotation(8, bbox=[9, 9, 10, 10]),
    ]
    record = dataset(tmp_path, given).get_data_info(0)
    corners = [one['bbox'][0] for one in record['instances']]
    assert corners == [5, 7, 8, 9]
    firsts = [one['keypoints'].ravel()[0] for one in record['instances']]
    assert firsts == [3, 0, 0, 8]
    assert [one['ignore_flag'] for one in record['instances']] == [0, 1, 0, 0]
    assert record['instances'][3]['keypoints'].shape == (17, 3)
    assert record['flip_indices'][1:3] == [2, 1]
    assert (record['height'], record['width']) == (40, 40)


def test_filter__images_without_labelled_keypoints(tmp_path):
    unseen = np.tile([3, 3, 0], 17).tolist()
    given = [
        annotation(1, image=1),
        annotation(2, image=2, keypoints=unseen),
        annotation(3, image=3, iscrowd=1),
    ]
    options = dict(filter_empty_gt=True, min_keypoints=1)
    kept = dataset(tmp_path, given, images=4, filter_cfg=options)
    assert [kept.get_data_info(i)['img_id'] for i in range(len(kept))] == [1]
    boxes = dict(filter_empty_gt=True)
    assert len(dataset(tmp_path, given, images=4, filter_cfg=boxes)) == 3
    tested = dataset(
        tmp_path, given, images=4, filter_cfg=options, test_mode=True
    )
    assert len(tested) == 4


def test_records__other_numbers_of_keypoints_are_told(tmp_path):
    given = [annotation(9, keypoints=[1, 1, 2] * 5)]
    with pytest.raises(ValueError, match=r'annotation 9 has 5 keypoints'):
        dataset(tmp_path, given)


def test_records__other_names(tmp_path):
    names = ('left_wing', 'right_wing', 'beak')
    given = [annotation(1, category_id=2, keypoints=[1, 1, 2] * 3)]
    info = dict(classes=('ball',), keypoints=names)
    record = dataset(tmp_path, given, metainfo=info).get_data_info(0)
    assert record['flip_indices'] == [1, 0, 2]
    assert len(record['instances']) == 1
