"""Packing: shapes, types, values, metainfo."""

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmpretrain.structures import DataSample

from mmssl.datasets.transforms import PackFlowInputs


def sample(**more):
    rng = np.random.default_rng(0)
    return dict(
        img=rng.integers(0, 256, (4, 6, 3), np.uint8),
        flow=rng.normal(size=(4, 6, 2)).astype(np.float32),
        guidance_points=np.array([[3, 5], [0, 2]]),
        guidance_vectors=np.array([[1.5, -2], [0, 7]], np.float32),
        img_path='a.png',
        sample_idx=3,
        ori_shape=(9, 9),
        img_shape=(4, 6),
        rng=rng,
        **more,
    )


def test_pack__values_and_types():
    data = sample()
    packed = PackFlowInputs().transform(data)
    inputs, out = packed['inputs'], packed['data_samples']
    for tensor, array, dtype in (
        (inputs['img'], data['img'].transpose(2, 0, 1), torch.uint8),
        (out.gt_flow, data['flow'].transpose(2, 0, 1), torch.float32),
        (inputs['guidance_points'], data['guidance_points'], torch.int64),
        (inputs['guidance_vectors'], data['guidance_vectors'], torch.float32),
    ):
        assert tensor.dtype == dtype
        assert tensor.is_contiguous()
        np.testing.assert_array_equal(tensor.numpy(), array)
    assert isinstance(out, DataSample)
    assert out.metainfo == dict(
        img_path='a.png', sample_idx=3, ori_shape=(9, 9), img_shape=(4, 6)
    )


def test_pack__tensors_do_not_share_memory_with_the_sample():
    data = sample()
    packed = PackFlowInputs().transform(data)
    before = packed['inputs']['img'].clone()
    data['img'][:] = 0
    data['guidance_points'][:] = 0
    assert torch.equal(packed['inputs']['img'], before)
    assert packed['inputs']['guidance_points'].sum() == 10


def test_pack__no_guidance_and_no_flow():
    data = sample()
    for key in ('guidance_points', 'guidance_vectors', 'flow'):
        del data[key]
    packed = PackFlowInputs(meta_keys=['sample_idx']).transform(data)
    assert list(packed['inputs']) == ['img']
    assert 'gt_flow' not in packed['data_samples']
    assert packed['data_samples'].metainfo == {'sample_idx': 3}


def test_pack__zero_guidance_points_keep_their_shape():
    data = sample()
    data['guidance_points'] = np.zeros((0, 2), np.int64)
    data['guidance_vectors'] = np.zeros((0, 2), np.float32)
    inputs = PackFlowInputs().transform(data)['inputs']
    assert inputs['guidance_points'].shape == (0, 2)
    assert inputs['guidance_vectors'].shape == (0, 2)


def test_pack__collates_to_a_dict_of_lists():
    batch = pseudo_collate([PackFlowInputs()(sample()) for _ in range(3)])
    assert len(batch['inputs']['img']) == len(batch['data_samples']) == 3
    assert batch['inputs']['guidance_points'][2].tolist() == [[3, 5], [0, 2]]


@pytest.mark.parametrize(
    ('key', 'value', 'match'),
    [
        ('img', np.zeros((4, 6, 3), np.float32), r'uint8, got .* float32'),
        ('img', np.zeros((4, 6), np.uint8), r'uint8, got \(4, 6\)'),
        ('flow', np.zeros((6, 4, 2), np.float32), r'flow \(6, 4, 2\) does'),
    ],
)
def test_pack__refuses(key, value, match):
    data = {**sample(), key: value}
    with pytest.raises(ValueError, match=match):
        PackFlowInputs().transform(data)
