"""Whole boxes with visibility, as in CityPersons."""

import json

import numpy as np

from mmssl.worlds.coco_annotations import object_annotation
from mmssl.worlds.pedestrian_boxes import pedestrian_json


def test_pedestrian_json__boxes_are_whole():
    mask = np.zeros((60, 40), bool)
    mask[10:30, 5:15] = True
    person = object_annotation(mask, 'person', 0.4, [5, 10, 15, 58])
    hidden = object_annotation(mask, 'person', 0.05, [5, 10, 15, 58])
    ball = object_annotation(mask, 'ball')
    images = [dict(file_name='a.jpg', width=40, height=60)] * 2
    content = json.loads(pedestrian_json(images, [[ball], [person, hidden]]))
    first, second = content['annotations']
    assert (first['id'], second['id']) == (1, 2)
    assert first['image_id'] == 2
    assert first['bbox'] == [5, 10, 10, 48]
    assert first['vis_bbox'] == [5, 10, 10, 20]
    assert first['vis_ratio'] == 0.4
    assert first['height'] == 48
    assert first['area'] == 480
    assert (first['iscrowd'], second['iscrowd']) == (0, 1)
    assert content['categories'] == [dict(id=1, name='pedestrian')]
    assert [image['im_name'] for image in content['images']] == ['a.jpg'] * 2
