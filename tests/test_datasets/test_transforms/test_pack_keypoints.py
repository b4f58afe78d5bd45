import numpy as np
import pytest

from mmssl.datasets.transforms.pack_keypoints import (
    PackKeypoints,
    keypoints_of_view,
)


def results(**changes):
    found = dict(
        img=np.zeros((50, 25, 3), np.uint8),
        view_geometry=np.array([10, 20, 100, 50, 0.0]),
        keypoints=np.array([[30, 60, 2], [20, 10, 1], [0, 0, 0]], np.float32),
        person_box=np.array([20, 10, 60, 100], np.float32),
        person_area=2000.0,
        ori_shape=(200, 200),
    )
    return {**found, **changes}


def test_pack__in_px_of_the_view():
    packed = PackKeypoints().transform(results())
    sample = packed['data_samples']
    # Half the size, less (10, 20).
    assert sample.keypoints.tolist() == [[5, 25, 2], [0, 0, 1], [-10, -5, 0]]
    assert sample.person_size.tolist() == [45]
    assert sample.person_area.tolist() == [500]
    assert packed['inputs'][0].shape == (3, 50, 25)
    assert sample.metainfo['ori_shape'] == (200, 200)


def test_pack__leaves_the_sample_as_it_was():
    given = results()
    before = given['keypoints'].copy()
    PackKeypoints().transform(given)
    assert (given['keypoints'] == before).all()


def test_pack__mistakes():
    with pytest.raises(ValueError, match='left and right exchanged'):
        keypoints_of_view(
            np.zeros((1, 3)), np.array([0, 0, 4, 4, 1.0]), (4, 4)
        )
    with pytest.raises(ValueError, match='one view with its keypoints'):
        PackKeypoints().transform(results(views=[]))
    bare = results()
    del bare['keypoints']
    with pytest.raises(ValueError, match='one view with its keypoints'):
        PackKeypoints().transform(bare)
