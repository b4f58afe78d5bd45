import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate, pseudo_collate
from mmpretrain.structures import DataSample

from mmssl.datasets.transforms import (
    FlipView,
    MultiViewGeometry,
    PackViews,
    RandomResizedCropView,
    SampleBoxPairs,
)
from mmssl.models.data_preprocessors import ViewsDataPreprocessor
from mmssl.testing.toys import textured_image


def sample(seed=0, sizes=(64, 48), boxes=True, **more):
    rng = np.random.default_rng(seed)
    data = dict(
        img=textured_image(90, 120, rng),
        ori_shape=(90, 120),
        img_path='a.png',
        sample_idx=seed,
        draw=7,
        rng=rng,
        **more,
    )
    views = [
        [RandomResizedCropView(size, scale=(0.7, 1)), FlipView()]
        for size in sizes
    ]
    data = MultiViewGeometry(views=views)(data)
    return SampleBoxPairs(4, min_size=16)(data) if boxes else data


def test_pack__values_and_types():
    data = sample(gt_label=3)
    packed = PackViews()(data)
    assert len(packed['inputs']) == 2
    for tensor, view in zip(packed['inputs'], data['views']):
        assert tensor.dtype == torch.uint8
        assert tensor.is_contiguous()
        np.testing.assert_array_equal(tensor, view.transpose(2, 0, 1))
    out = packed['data_samples']
    assert isinstance(out, DataSample)
    for key, dtype in (
        ('view_geometry', torch.float64),
        ('boxes', torch.float32),
        ('box_views', torch.int64),
    ):
        assert out.get(key).dtype == dtype
        np.testing.assert_array_equal(out.get(key), data[key])
    assert out.gt_label.tolist() == [3]
    assert out.metainfo == dict(
        img_path='a.png', sample_idx=0, draw=7, ori_shape=(90, 120)
    )


def test_pack__does_not_share_memory():
    data = sample()
    packed = PackViews()(data)
    before = packed['inputs'][0].clone(), packed['data_samples'].boxes.clone()
    data['views'][0][:] = 0
    data['boxes'][:] = 0
    assert torch.equal(packed['inputs'][0], before[0])
    assert torch.equal(packed['data_samples'].boxes, before[1])


def test_pack__an_image_is_one_view():
    img = textured_image(8, 9, np.random.default_rng(0))
    packed = PackViews(meta_keys=['sample_idx'])(
        dict(img=img, sample_idx=2, gt_label=None)
    )
    (view,) = packed['inputs']
    np.testing.assert_array_equal(view, img.transpose(2, 0, 1))
    out = packed['data_samples']
    assert out.view_geometry.tolist() == [[0, 0, 8, 9, 0]]
    assert out.metainfo == {'sample_idx': 2}
    assert 'boxes' not in out
    assert 'gt_label' not in out


def test_pack__both_collate_functions_lead_to_one_batch():
    samples = [PackViews()(sample(seed)) for seed in range(3)]
    stacked, listed = default_collate(samples), pseudo_collate(samples)
    assert [tuple(view.shape) for view in stacked['inputs']] == [
        (3, 3, 64, 64),
        (3, 3, 48, 48),
    ]
    batches = [ViewsDataPreprocessor()(data) for data in (stacked, listed)]
    for a, b in zip(*(batch['inputs'] for batch in batches)):
        assert torch.equal(a, b)
    for batch in batches:
        assert [s.sample_idx for s in batch['data_samples']] == [0, 1, 2]
        assert batch['data_samples'][2].boxes.shape == (4, 2, 4)


def test_pack__no_boxes_keep_their_shape():
    data = sample()
    data['boxes'], data['box_views'] = data['boxes'][:0], data['box_views'][:0]
    out = PackViews()(data)['data_samples']
    assert out.boxes.shape == (0, 2, 4)
    assert out.box_views.shape == (0, 2)


@pytest.mark.parametrize(
    ('img', 'match'),
    [
        (np.zeros((4, 6, 3), np.float32), r'uint8, got .* float32'),
        (np.zeros((4, 6), np.uint8), r'uint8, got \(4, 6\)'),
    ],
)
def test_pack__refuses(img, match):
    with pytest.raises(ValueError, match=match):
        PackViews()(dict(img=img))
