import numpy as np
import pytest
import torch

from mmssl.datasets.person_keypoints import PersonKeypoints
from mmssl.registry import DATASETS
from mmssl.testing.toy_keypoints import NAMES, make_toy_keypoints


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('people')
    make_toy_keypoints(folder, n=5)
    return folder


def dataset(folder, **options):
    options = {'test_mode': True, **options}
    return PersonKeypoints(
        'train.json', 'train', data_root=str(folder), **options
    )


def test_samples__one_for_each_person(folder):
    found = dataset(folder)
    assert len(found) == 6
    assert found.metainfo['classes'] == NAMES
    third, fourth = found.get_data_info(2), found.get_data_info(3)
    assert third['img_path'] == fourth['img_path']
    assert not np.array_equal(third['keypoints'], fourth['keypoints'])
    assert third['source'].endswith('train.json, annotation 2')
    assert (fourth['keypoints'][9:11, 2] == 0).all()
    assert fourth['person_area'] > 0
    # What a transform writes into does not come back.
    third['keypoints'][:] = -1
    third['person_box'][:] = -1
    assert (found.get_data_info(2)['keypoints'] >= 0).all()
    assert (found.get_data_info(2)['person_box'] >= 0).all()


def test_subset(folder):
    found = dataset(folder, indices=[4, 1])
    assert found.get_data_info(0)['source'].endswith('annotation 4')
    part = dataset(folder).get_subset([5])
    assert part.get_data_info(0)['source'].endswith('annotation 5')


def test_pipeline__dots_are_where_the_keypoints_are(folder):
    """In the view, too: the crop moves both in the same way."""
    found = DATASETS.build(
        dict(
            type='PersonKeypoints',
            ann_file='train.json',
            img_root='train',
            data_root=str(folder),
            test_mode=True,
            pipeline=[
                dict(type='LoadImageRGB'),
                dict(type='CropPerson', size=(192, 96)),
                dict(type='PackKeypoints'),
            ],
        )
    )
    colour = torch.tensor(
        np.random.default_rng(3).integers(0, 256, (17, 3))[16]
    )
    for sample in (found[0], found[3], found[5]):
        view, person = sample['inputs'][0], sample['data_samples']
        assert view.shape == (3, 192, 96)
        x, y = person.keypoints[16, :2].round().long().tolist()
        seen = view[:, y, x].long()
        assert (seen - colour).abs().max() < 40
        # The box fills four fifths of one of the sides.
        assert 76 <= float(person.person_size) <= 155


def test_nobody(folder):
    with pytest.raises(ValueError, match='nobody to use: 6 boxes of less'):
        dataset(folder, min_size=500)
    with pytest.raises(ValueError, match='must be a COCO json file'):
        PersonKeypoints('')
