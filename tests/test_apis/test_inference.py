import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.structures import DataSample

from mmssl.apis.inference import fit_image, load_model, predict_flow
from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.datasets.transforms.image_flow import ResizeCropImageFlow

TINY = dict(
    type='CMP',
    backbone=dict(type='ResNet', depth=18, base_channels=8, out_indices=(3,)),
    neck=dict(type='ConvProjection', in_channels=64, out_channels=8),
    motion_encoder=dict(type='MotionEncoder', strides=(2, 2, 8), channels=4),
    decoder=dict(
        type='PlainMotionDecoder', in_channels=12, channels=8, pools=(1,)
    ),
    head=dict(
        type='FlowBinHead',
        in_channels=8,
        codec=dict(type='FlowCodec', nbins=9, fmax=10),
    ),
)


def make_config(*pipeline, **model):
    return Config(
        dict(
            default_scope='mmssl',
            model=dict(TINY, **model),
            val_dataloader=dict(dataset=dict(pipeline=list(pipeline))),
        )
    )


def picture(height=70, width=110):
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_load_model__weights_of_the_file(tmp_path):
    config = make_config()
    torch.manual_seed(1)
    first = load_model(config, None)
    assert not first.training
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict=first.state_dict()), path)
    second = load_model(config, path)
    for name, value in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], value)


def test_load_model__of_another_architecture(tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict={'fc.weight': torch.zeros(3, 3)}), path)
    with pytest.raises(CheckpointMismatch, match='too little'):
        load_model(make_config(), path)


def test_load_model__config_by_file_name(tmp_path):
    path = tmp_path / 'config.py'
    make_config().dump(str(path))
    assert type(load_model(str(path), None)).__name__ == 'CMP'


def test_predict_flow__equals_the_stages_by_hand():
    model = load_model(make_config(), None)
    image = picture(64, 96)
    points, vectors = [[10, 20], [40, 80]], [[3.0, -1.0], [0.0, 2.0]]
    flows = predict_flow(model, [image, image], [points, []], [vectors, []])
    mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
    std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)
    normal = (torch.from_numpy(image).permute(2, 0, 1).float() - mean) / std
    guidance = torch.zeros(2, 4, 64, 96)
    for (row, col), (u, v) in zip(points, vectors):
        guidance[0, :, row, col] = torch.tensor([u, v, 1, 1])
    with torch.no_grad():
        samples = model(
            dict(img=torch.stack([normal, normal]), guidance=guidance),
            [DataSample(), DataSample()],
            mode='predict',
        )
    for flow, sample in zip(flows, samples):
        assert flow.shape == (64, 96, 2)
        expected = sample.pred_flow.permute(1, 2, 0).numpy()
        np.testing.assert_allclose(flow, expected, rtol=1e-5, atol=1e-5)


def test_predict_flow__point_outside():
    model = load_model(make_config(), None)
    with pytest.raises(ValueError, match='outside'):
        predict_flow(model, [picture(64, 64)], [[[64, 0]]], [[[1.0, 0.0]]])


def test_fit_image__as_the_validation_pipeline():
    step = dict(
        type='ResizeCropImageFlow', short_size=80, size=64, mode='center'
    )
    config = make_config(dict(type='LoadImageRGB'), step)
    image = picture()
    expected = ResizeCropImageFlow(short_size=80, size=64, mode='center')(
        dict(img=image, img_shape=image.shape[:2])
    )['img']
    np.testing.assert_array_equal(fit_image(config, image), expected)


def test_fit_image__multiple_of_32_from_the_middle():
    image = picture()
    fitted = fit_image(make_config(), image)
    np.testing.assert_array_equal(fitted, image[3:67, 7:103])
    with pytest.raises(ValueError, match=r'at least 32 px .* 110 x 31'):
        fit_image(make_config(), image[:31])
