"""Exported backbones arrive in the detectors and segmentors of the host."""

from __future__ import annotations

import logging

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner.checkpoint import CheckpointLoader
from mmpretrain.models import ResNet, SwinTransformer
from torchvision.ops import FeaturePyramidNetwork

from mmssl.checkpoints.downstream_check import check_downstream
from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.checkpoints.pickle_globals import CheckpointError

FASTER_RCNN = 'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py'
FCN = 'mmseg::fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py'
POSE = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_res50_8xb64-210e_coco-256x192.py'
)
SEG_SWIN = (
    'mmseg::swin/swin-tiny-patch4-window7-in1k-pre_upernet_'
    '8xb2-160k_ade20k-512x512.py'
)
POSE_SWIN = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_swin-t-p4-w7_8xb32-210e_coco-256x192.py'
)
MASK_RCNN_SWIN = 'mmdet::swin/mask-rcnn_swin-t-p4-w7_fpn_1x_coco.py'


@pytest.fixture(autouse=True)
def schemes(monkeypatch):
    """Undo the loader that the check registers with mmengine."""
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )


def exported(folder, model, suffix='pth'):
    torch.manual_seed(0)
    state = {
        f'backbone.{name}': torch.randn(value.shape).to(value.dtype)
        for name, value in model.state_dict().items()
    }
    torch.save(dict(state_dict=state, meta={}), folder / 'pretrained.pth')
    out = folder / f'backbone.{suffix}'
    export_backbone(folder / 'pretrained.pth', out)
    return out


def classifier(depth=18):
    """A classifier of mmpretrain, which is always installed."""
    return Config(
        dict(
            default_scope='mmpretrain',
            model=dict(
                type='ImageClassifier',
                backbone=dict(
                    type='ResNet',
                    depth=depth,
                    norm_cfg=dict(type='SyncBN', requires_grad=True),
                ),
                neck=dict(type='GlobalAveragePooling'),
                head=dict(
                    type='LinearClsHead', num_classes=2, in_channels=512
                ),
            ),
        )
    )


def test_classifier__every_tensor_arrives(tmp_path):
    file = exported(tmp_path, ResNet(18))
    report = check_downstream(file, classifier())
    assert report.share == 1.0
    assert len(report.matched) == len(ResNet(18).state_dict())
    assert report.target == 'mmpretrain ImageClassifier.backbone'


def test_classifier__a_tensor_that_did_not_arrive_counts(
    tmp_path, monkeypatch
):
    """What is compared is the value, not the name."""
    file = exported(tmp_path, ResNet(18))
    init = ResNet.init_weights

    def forgetful(self):
        init(self)
        torch.nn.init.zeros_(self.layer1[0].conv1.weight)

    monkeypatch.setattr(ResNet, 'init_weights', forgetful)
    with pytest.raises(CheckpointMismatch, match=r'layer1\.0\.conv1\.weight'):
        check_downstream(file, classifier())


def test_classifier__another_size_is_loud_and_the_log_is_restored(tmp_path):
    file = exported(tmp_path, ResNet(18))
    logger = MMLogger.get_current_instance()
    before = logger.level
    with pytest.raises(CheckpointMismatch, match='another size'):
        check_downstream(file, classifier(depth=50))
    assert logger.level == before != logging.ERROR


def with_pyramid(folder, depth=50, channels=(256, 512, 1024, 2048)):
    """An exported backbone with its pyramid, of random numbers."""
    torch.manual_seed(0)
    parts = {
        'backbone.': ResNet(depth),
        'region.fpn.': FeaturePyramidNetwork(list(channels), 256),
    }
    state = {
        prefix + name: torch.randn(value.shape).to(value.dtype)
        for prefix, module in parts.items()
        for name, value in module.state_dict().items()
    }
    torch.save(dict(state_dict=state, meta={}), folder / 'pretrained.pth')
    export_backbone(
        folder / 'pretrained.pth', folder / 'detector.pth', fpn=True
    )
    return folder / 'detector.pth'


def test_classifier__has_no_place_for_a_pyramid(tmp_path):
    file = with_pyramid(tmp_path, 18, (64, 128, 256, 512))
    config = classifier()
    del config.model['neck']
    with pytest.raises(CheckpointError, match='ImageClassifier has none'):
        check_downstream(file, config)
    config.model.neck = [dict(type='GlobalAveragePooling')]
    with pytest.raises(CheckpointError, match='ImageClassifier has several'):
        check_downstream(file, config)


@pytest.mark.slow
@pytest.mark.downstream
def test_faster_rcnn__backbone_and_pyramid_arrive_and_compute(tmp_path):
    """The detector's own maps are those of the pretrained pyramid."""
    necks = pytest.importorskip('mmdet.models.necks')
    report = check_downstream(with_pyramid(tmp_path), FASTER_RCNN)
    assert (report.share, report.unexpected) == (1.0, ())
    assert len(report.matched) == 318 + 16
    assert report.target == 'mmdet FasterRCNN.backbone and neck'
    # as in a config: model = dict(neck=dict(init_cfg=...))
    neck = necks.FPN(
        [256, 512, 1024, 2048],
        256,
        num_outs=5,
        init_cfg=dict(
            type='Pretrained',
            checkpoint=str(tmp_path / 'detector.pth'),
            prefix='neck.',
        ),
    )
    neck.init_weights()
    ours = FeaturePyramidNetwork([256, 512, 1024, 2048], 256)
    state = torch.load(tmp_path / 'pretrained.pth')['state_dict']
    prefix = 'region.fpn.'
    ours.load_state_dict(
        {k[len(prefix) :]: v for k, v in state.items() if prefix in k}
    )
    maps = {
        str(i): torch.randn(1, 256 * 2**i, 16 >> i, 24 >> i) for i in range(4)
    }
    with torch.no_grad():
        expected = list(ours(maps).values())
        got = neck(tuple(maps.values()))
    for one, other in zip(expected, got):
        scale = one.abs().max()
        torch.testing.assert_close(other / scale, one / scale)


def test_config__that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match='mmpretrain has no config'):
        check_downstream(tmp_path / 'a.pth', 'mmpretrain::no/such.py')
    with pytest.raises(ImportError, match='no_such_package'):
        check_downstream(tmp_path / 'a.pth', 'no_such_package::a.py')


@pytest.mark.slow
@pytest.mark.downstream
@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
@pytest.mark.parametrize(
    ('package', 'config', 'backbone'),
    [
        ('mmdet', FASTER_RCNN, None),
        ('mmseg', FCN, dict(type='ResNet')),
        ('mmpose', POSE, None),
    ],
)
def test_resnet50__all_keys(tmp_path, package, config, backbone, suffix):
    pytest.importorskip(package)
    file = exported(tmp_path, ResNet(50), suffix)
    report = check_downstream(file, config, backbone=backbone)
    assert (report.share, report.unexpected) == (1.0, ())
    assert len(report.matched) == 318


@pytest.mark.slow
@pytest.mark.downstream
def test_resnet18__faster_rcnn(tmp_path):
    pytest.importorskip('mmdet')
    file = exported(tmp_path, ResNet(18))
    backbone = dict(depth=18)
    assert check_downstream(file, FASTER_RCNN, backbone=backbone).share == 1.0


@pytest.mark.slow
@pytest.mark.downstream
@pytest.mark.parametrize(
    ('package', 'config', 'backbone'),
    [
        # the file has the mm layout already
        ('mmdet', MASK_RCNN_SWIN, dict(convert_weights=False)),
        ('mmseg', SEG_SWIN, None),
        ('mmpose', POSE_SWIN, dict(convert_weights=False)),
        (
            'mmpretrain',
            'mmpretrain::_base_/models/swin_transformer/tiny_224.py',
            dict(out_indices=(0, 1, 2, 3)),
        ),
    ],
)
def test_swin__all_keys(tmp_path, package, config, backbone):
    pytest.importorskip(package)
    model = SwinTransformer('tiny', out_indices=(0, 1, 2, 3))
    file = exported(tmp_path, model)
    if package == 'mmpose':
        backbone = dict(backbone, out_indices=(0, 1, 2, 3))
    report = check_downstream(file, config, backbone=backbone)
    assert (report.share, report.unexpected) == (1.0, ())
