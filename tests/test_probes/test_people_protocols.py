import json

import pytest

from mmssl.engine.run_config import LaunchError
from mmssl.probes.people_protocols import (
    identity_protocol,
    keypoint_protocol,
)
from mmssl.testing.toy_keypoints import make_toy_keypoints


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('people')
    make_toy_keypoints(folder, n=9)
    make_toy_keypoints(folder, n=2, name='val')
    return folder


def sides(protocol):
    return [
        protocol.probe[key]['dataset'] for key in ('loader', 'bank_loader')
    ]


def test_keypoints__share_of_the_images_is_held_back(folder):
    file = folder / 'train.json'
    for seed in (0, 1):
        found = keypoint_protocol(
            (file, folder / 'train'), None, (32, 16), val_share=0.3, seed=seed
        )
        judged, fitted = (set(side['indices']) for side in sides(found))
        assert judged | fitted == set(range(12))
        assert not judged & fitted
        people = json.loads(file.read_text())['annotations']
        images = [
            {people[i]['image_id'] for i in part} for part in (judged, fitted)
        ]
        # Two people of one image stay together.
        assert not images[0] & images[1]
        assert len(images[0]) == 3
        assert f'{len(fitted)} people of {file}, judged on ' in found.told


def test_keypoints__validation_data_and_bounds(folder):
    train = folder / 'train.json', folder / 'train'
    val = folder / 'val.json', folder / 'val'
    found = keypoint_protocol(train, val, (32, 16), max_people=5)
    judged, fitted = sides(found)
    assert judged['ann_file'] == str(val[0])
    assert judged['indices'] == [0, 1]
    assert len(set(fitted['indices'])) == 5
    assert fitted['pipeline'][1]['size'] == (32, 16)
    other = keypoint_protocol(train, val, (32, 16), max_people=5, seed=1)
    assert sides(other)[1]['indices'] != fitted['indices']


def test_identity__folders(tmp_path):
    (tmp_path / 'query').mkdir()
    with pytest.raises(LaunchError, match="no folder 'bounding_box_test'"):
        identity_protocol(tmp_path, (256, 128))
    (tmp_path / 'bounding_box_test').mkdir()
    found = identity_protocol(tmp_path, (64, 32), workers=2)
    judged, gallery = sides(found)
    assert judged['data_prefix'] == 'query'
    assert gallery['data_prefix'] == 'bounding_box_test'
    assert found.probe['loader']['num_workers'] == 2
    assert gallery['pipeline'][1]['size'] == (64, 32)


def test_keypoints__mistakes(folder):
    train = folder / 'train.json', folder / 'train'
    with pytest.raises(LaunchError, match=r'too few to hold 0\.01'):
        keypoint_protocol(train, None, (32, 16), val_share=0.01)
    with pytest.raises(LaunchError, match='no file or folder'):
        keypoint_protocol((folder / 'none.json', None), None, (32, 16))
