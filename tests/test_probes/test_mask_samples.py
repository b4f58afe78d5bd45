import pytest
import torch
from mmpretrain.structures import DataSample
from torch.utils.data import DataLoader

from mmssl.probes.mask_samples import (
    check_masks,
    class_names,
    on_device,
    sample_masks,
)


def sample(mask):
    data = DataSample(metainfo=dict(img_path='a.jpg'))
    if mask is not None:
        data.gt_mask = mask
    return data


def test_masks__of_a_batch():
    masks = [torch.zeros(2, 3), torch.ones(4, 1)]
    found = sample_masks([sample(mask) for mask in masks], 2)
    assert [mask.shape for mask in found] == [(2, 3), (4, 1)]
    with pytest.raises(
        ValueError, match=r'got 2, 1 of them .*first is a\.jpg'
    ):
        sample_masks([sample(masks[0]), sample(None)], 2)
    with pytest.raises(
        ValueError, match=r'3 data samples .* got 0, 0 of them'
    ):
        sample_masks(None, 3)


def test_check__labels_that_are_no_class():
    check_masks([torch.tensor([[0, 2, -100]]), torch.zeros(0, 2)], 3)
    with pytest.raises(ValueError, match=r'must be below 2, .* got 2'):
        check_masks([torch.zeros(1, 1), torch.tensor([[2]])], 2)


def test_names__of_a_data_set():
    data = torch.utils.data.TensorDataset(torch.zeros(2))
    with pytest.raises(
        ValueError, match='mine: the data set TensorDataset na'
    ):
        class_names(DataLoader(data), 'mine')
    data.metainfo = dict(classes=['a', 'b'])
    assert class_names(DataLoader(data), 'mine') == ('a', 'b')


def test_device():
    (found,) = on_device([torch.ones(2, 2)], torch.device('meta'))
    assert found.device.type == 'meta'
