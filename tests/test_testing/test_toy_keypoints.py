import json

import cv2
import numpy as np

from mmssl.testing.toy_keypoints import NAMES, make_toy_keypoints


def test_files__people_with_dots_where_the_keypoints_are(tmp_path):
    path = make_toy_keypoints(tmp_path, n=6, seed=4)
    content = json.loads(path.read_text())
    assert content['categories'][0]['keypoints'] == list(NAMES)
    assert len(content['images']) == 6
    assert len(content['annotations']) == 8
    colours = []
    for person in content['annotations']:
        points = np.array(person['keypoints']).reshape(17, 3)
        image = cv2.imread(
            str(tmp_path / f'train/{person["image_id"]:03d}.png')
        )
        x, y = points[16, :2].round().astype(int)  # drawn last
        colours.append(image[y, x].tolist())
        left, top, w, h = person['bbox']
        known = points[points[:, 2] > 0]
        assert (known[:, :2] >= [left, top]).all()
        assert (known[:, :2] <= [left + w, top + h]).all()
        assert (known[:, 2] > 0).sum() == person['num_keypoints']
    assert len({tuple(colour) for colour in colours[:2]}) == 1
    wrists = [p['keypoints'][9 * 3 + 2] for p in content['annotations']]
    assert wrists == [2, 2, 2, 0, 2, 2, 2, 0]
    ankles = [p['keypoints'][15 * 3 + 2] for p in content['annotations']]
    assert ankles == [2, 2, 2, 2, 1, 2, 2, 2]


def test_files__by_the_seed(tmp_path):
    for name, seed in (('a', 1), ('b', 1), ('c', 2)):
        make_toy_keypoints(tmp_path, n=2, seed=seed, name=name)
    a, b, c = ((tmp_path / f'{n}.json').read_bytes() for n in 'abc')
    assert a == b != c
    one, two = ((tmp_path / n / '001.png').read_bytes() for n in 'ab')
    assert one == two
