import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.registry import MODELS


def images(n, h, w, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(
        0, 256, (n, 3, h, w), dtype=torch.uint8, generator=generator
    )


def test_forward__normalises_each_view():
    views = [images(2, 6, 8), images(2, 4, 4, seed=1)]
    samples = [DataSample(), DataSample()]
    batch = MODELS.build(dict(type='mmssl.ViewsDataPreprocessor'))(
        dict(inputs=views, data_samples=samples), training=True
    )
    mean, std = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    for view, out in zip(views, batch['inputs']):
        assert out.dtype == torch.float32
        for c in range(3):
            np.testing.assert_allclose(
                out[:, c],
                (view[:, c].numpy() - mean[c]) / std[c],
                rtol=1e-5,
                atol=1e-6,
            )
    assert len(batch['data_samples']) == 2


@pytest.mark.parametrize('dtype', [torch.uint8, torch.float32])
def test_forward__lists_of_images_and_the_input_stays(dtype):
    view = images(3, 5, 5).to(dtype)
    before = view.clone()
    preprocess = ViewsDataPreprocessor()
    (stacked,) = preprocess(dict(inputs=[view]))['inputs']
    (listed,) = preprocess(dict(inputs=[list(view)]))['inputs']
    assert torch.equal(stacked, listed)
    assert torch.equal(view, before)


def test_forward__no_samples():
    batch = ViewsDataPreprocessor()(dict(inputs=[images(1, 4, 4)]))
    assert batch['data_samples'] is None


def test_device__images_arrive_and_small_tensors_stay():
    sample = DataSample()
    sample.boxes = torch.zeros(0, 2, 4)
    batch = ViewsDataPreprocessor().to('meta')(
        dict(inputs=[images(1, 4, 4)], data_samples=[sample])
    )
    assert batch['inputs'][0].device.type == 'meta'
    assert batch['data_samples'][0].boxes.device.type == 'cpu'
    assert not ViewsDataPreprocessor().state_dict()


@pytest.mark.parametrize(
    ('inputs', 'message'),
    [
        (images(2, 4, 4), r'list of views.*a tensor \(2, 3, 4, 4\)'),
        ([], 'got 0 views'),
        ([images(1, 4, 4), []], 'view 1 must hold images .*none'),
        ([torch.zeros(2, 1, 4, 4)], r'view 0 .*\(1, 4, 4\)'),
        (
            [[images(1, 4, 4)[0], images(1, 6, 4)[0]]],
            'view 0 must be of one size .*4x4, 6x4: end its pipeline',
        ),
    ],
)
def test_inputs__refused(inputs, message):
    with pytest.raises(ValueError, match=message):
        ViewsDataPreprocessor()(dict(inputs=inputs))


@pytest.mark.parametrize(
    'options', [dict(mean=(0, 0)), dict(std=(1, 1, 0)), dict(std=(1,))]
)
def test_mean_std__three_values(options):
    with pytest.raises(ValueError, match='three values'):
        ViewsDataPreprocessor(**options)
