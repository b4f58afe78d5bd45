import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.probes.keypoint_samples import joined_people, sample_people


def sample(number, keypoints=2):
    found = DataSample(metainfo=dict(img_path=f'{number}.jpg'))
    found.keypoints = torch.full((keypoints, 3), float(number))
    found.person_size = torch.tensor([10.0 + number])
    found.person_area = torch.tensor([100.0 + number])
    return found


def test_people__of_two_batches_in_order():
    one = sample_people([sample(2), sample(0)], [2, 0])
    two = sample_people([sample(1), sample(0)], [1, 0])
    people, (more,) = joined_people([one, two]).gathered(
        torch.tensor([20, 0, 10, 99])
    )
    assert people.places.tolist() == [0, 1, 2]
    assert people.keypoints[:, 0, 0].tolist() == [0, 1, 2]
    assert people.sizes.tolist() == [10, 11, 12]
    assert people.areas.tolist() == [100, 101, 102]
    # Of a repeated sample, the first counts.
    assert more.tolist() == [0, 10, 20]


def test_people__mistakes():
    bare = DataSample(metainfo=dict(img_path='x.jpg'))
    with pytest.raises(ValueError, match=r'1 of 2 have none .*x\.jpg'):
        sample_people([sample(0), bare], [0, 1])
    with pytest.raises(ValueError, match=r'\(2, 3\), \(3, 3\)'):
        sample_people([sample(0), sample(1, keypoints=3)], [0, 1])
