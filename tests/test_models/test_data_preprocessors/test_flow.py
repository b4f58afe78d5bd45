import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.dataset import pseudo_collate
from mmpretrain.structures import DataSample

from mmssl.models.data_preprocessors.flow import (
    FlowDataPreprocessor,
    guidance_map,
)
from mmssl.registry import MODELS


def item(h=6, w=8, k=3, flow=True):
    """What PackFlowInputs gives for one sample."""
    sample = DataSample(metainfo=dict(img_path='a.jpg', sample_idx=7))
    if flow:
        sample.set_field(torch.randn(2, h, w), 'gt_flow')
    cells = torch.randperm(h * w)[:k]
    points = torch.stack([cells // w, cells % w], 1)
    return dict(
        inputs=dict(
            img=torch.randint(0, 256, (3, h, w), dtype=torch.uint8),
            guidance_points=points,
            guidance_vectors=torch.randn(k, 2) * 10,
        ),
        data_samples=sample,
    )


def test_forward__loops():
    items = [item(k=k) for k in (3, 0, 5)]
    batch = MODELS.build(dict(type='mmssl.FlowDataPreprocessor'))(
        pseudo_collate(items), training=True
    )
    img, guidance = batch['inputs']['img'], batch['inputs']['guidance']
    mean, std = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    expected = np.zeros((3, 4, 6, 8), np.float32)
    for n, one in enumerate(items):
        x = one['inputs']
        for c in range(3):
            normal = (x['img'][c].numpy() - mean[c]) / std[c]
            np.testing.assert_allclose(img[n, c], normal, rtol=1e-5, atol=1e-6)
        for (r, c), (u, v) in zip(
            x['guidance_points'].tolist(), x['guidance_vectors'].tolist()
        ):
            expected[n, :, r, c] = u, v, 1, 1
    np.testing.assert_array_equal(guidance, expected)
    assert img.dtype == guidance.dtype == torch.float32
    assert [s.sample_idx for s in batch['data_samples']] == [7, 7, 7]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_guidance_map__any_points(data):
    h, w = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    cells = st.tuples(st.integers(0, h - 1), st.integers(0, w - 1))
    points = data.draw(st.lists(cells, max_size=6))
    # Equal points carry equal vectors, as samplers give them.
    vectors = [(r + 0.5, -c - 0.5) for r, c in points]
    maps = guidance_map(
        [torch.tensor(points).long().view(-1, 2)],
        [torch.tensor(vectors).view(-1, 2)],
        (h, w),
    )
    expected = torch.zeros(1, 4, h, w)
    for (r, c), vector in zip(points, vectors):
        expected[0, :, r, c] = torch.tensor([*vector, 1, 1])
    assert torch.equal(maps, expected)


def test_forward__no_points_is_no_guidance():
    batch = FlowDataPreprocessor()(pseudo_collate([item(k=0), item(k=0)]))
    assert batch['inputs']['guidance'].shape == (2, 4, 6, 8)
    assert not batch['inputs']['guidance'].any()


def test_forward__images_alone():
    images = [torch.zeros(3, 4, 4, dtype=torch.uint8)]
    batch = FlowDataPreprocessor()(dict(inputs=dict(img=images)))
    assert list(batch['inputs']) == ['img']
    assert batch['data_samples'] is None


def test_forward__input_is_not_changed():
    data = pseudo_collate([item()])
    before = data['inputs']['img'][0].clone()
    FlowDataPreprocessor()(data)
    assert torch.equal(data['inputs']['img'][0], before)


def test_device__everything_arrives():
    preprocess = FlowDataPreprocessor().to('meta')
    batch = preprocess(pseudo_collate([item()]))
    assert batch['inputs']['img'].device.type == 'meta'
    assert batch['inputs']['guidance'].device.type == 'meta'
    assert batch['data_samples'][0].gt_flow.device.type == 'meta'


def test_state_dict__no_constants():
    assert not FlowDataPreprocessor().state_dict()


@pytest.mark.parametrize('point', [(6, 0), (0, 8), (-1, 0), (0, -1)])
def test_points__outside_the_image(point):
    bad = item()
    bad['inputs']['guidance_points'][1] = torch.tensor(point)
    message = (
        rf'sample 1: guidance points \(row, column\) \[\[{point[0]}, '
        rf'{point[1]}\]\] are outside the image of 6 rows x 8 columns'
    )
    with pytest.raises(ValueError, match=message):
        FlowDataPreprocessor()(pseudo_collate([item(), bad]))


@pytest.mark.parametrize(
    ('points', 'vectors', 'message'),
    [
        (torch.zeros(2, 3).long(), torch.zeros(2, 2), r'\(2, 3\)'),
        (torch.zeros(3, 2).long(), torch.zeros(2, 2), r'\(3, 2\) and \(2, 2'),
        (torch.zeros(2, 2), torch.zeros(2, 2), 'whole numbers.*float32'),
        (
            torch.zeros(1, 2).long(),
            torch.tensor([[0.0, float('nan')]]),
            'not all finite',
        ),
    ],
)
def test_points__malformed(points, vectors, message):
    with pytest.raises(ValueError, match='sample 0.*' + message):
        guidance_map([points], [vectors], (4, 4))


def test_points__one_set_for_each_image():
    data = pseudo_collate([item(), item()])
    data['inputs']['guidance_points'].pop()
    with pytest.raises(ValueError, match=r'2 images, but guidance .* for 1'):
        FlowDataPreprocessor()(data)
    with pytest.raises(ValueError, match='1 sets of guidance points, but 0'):
        guidance_map([torch.zeros(0, 2).long()], [], (4, 4))


def test_images__of_one_size():
    with pytest.raises(ValueError, match='one size, got 4x8, 6x8: crop'):
        FlowDataPreprocessor()(pseudo_collate([item(6, 8), item(4, 8)]))


@pytest.mark.parametrize('images', [[], [torch.zeros(1, 4, 4)]])
def test_images__three_channels(images):
    with pytest.raises(ValueError, match=r'must have shape \(3, H, W\)'):
        FlowDataPreprocessor()(dict(inputs=dict(img=images)))


def test_flow__of_the_images_size():
    bad = item()
    bad['data_samples'].set_field(torch.zeros(2, 3, 4), 'gt_flow')
    with pytest.raises(
        ValueError, match=r'sample 1: flow .*\(2, 6, 8\).*\(2, 3, 4\)'
    ):
        FlowDataPreprocessor()(pseudo_collate([item(), bad]))


@pytest.mark.parametrize(
    'options', [dict(mean=(0, 0)), dict(std=(1, 1, 0)), dict(std=(1,))]
)
def test_mean_std__three_values(options):
    with pytest.raises(ValueError, match='three values'):
        FlowDataPreprocessor(**options)
