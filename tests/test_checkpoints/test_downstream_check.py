"""Exported backbones arrive in the detectors and segmentors of the host."""

from __future__ import annotations

import logging

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import MODELS as HOST_MODELS
from mmengine.registry import DefaultScope
from mmengine.runner.checkpoint import CheckpointLoader
from mmpretrain.models import ResNet

from mmssl.checkpoints import downstream_check
from mmssl.checkpoints.downstream_check import check_downstream
from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.models.backbones import SemanticSwinTransformer
from mmssl.registry import MODELS

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


def exported(folder, model, suffix='pth', **options):
    torch.manual_seed(0)
    state = {
        f'backbone.{name}': torch.randn(value.shape).to(value.dtype)
        for name, value in model.state_dict().items()
    }
    torch.save(dict(state_dict=state, meta={}), folder / 'pretrained.pth')
    out = folder / f'backbone.{suffix}'
    export_backbone(folder / 'pretrained.pth', out, **options)
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


def scrl_with_pyramid(folder):
    """SCRL on FPN levels, with other weights in student and teacher."""
    head = dict(
        type='NonLinearNeck',
        in_channels=256,
        hid_channels=8,
        out_channels=8,
        with_last_bn=False,
        with_avg_pool=False,
        norm_cfg=dict(type='BN1d'),
    )
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(
            dict(
                type='SCRL',
                backbone=dict(
                    type='ResNet', depth=18, out_indices=(0, 1, 2, 3)
                ),
                neck=head,
                head=dict(
                    type='PairPredictHead',
                    predictor=dict(head, in_channels=8),
                    loss=dict(type='NormalizedL2Loss'),
                ),
                region=dict(
                    type='FPNRegions', in_channels=(64, 128, 256, 512)
                ),
                teacher_init='independent',
            )
        )
    model.eval()
    torch.save(
        dict(state_dict=model.state_dict(), meta={}), folder / 'scrl.pth'
    )
    return model


def test_classifier__has_no_place_for_a_pyramid(tmp_path):
    scrl_with_pyramid(tmp_path)
    file = tmp_path / 'detector.pth'
    export_backbone(tmp_path / 'scrl.pth', file, fpn=True)
    config = classifier()
    del config.model['neck']
    with pytest.raises(CheckpointError, match='ImageClassifier has none'):
        check_downstream(file, config)
    config.model.neck = [dict(type='GlobalAveragePooling')]
    with pytest.raises(CheckpointError, match='ImageClassifier has several'):
        check_downstream(file, config)


@pytest.mark.slow
@pytest.mark.downstream
@pytest.mark.parametrize('part', ['student', 'teacher'])
def test_faster_rcnn__has_the_maps_of_the_pretrained_pyramid(tmp_path, part):
    pytest.importorskip('mmdet')
    model = scrl_with_pyramid(tmp_path)
    file = tmp_path / 'detector.pth'
    export_backbone(tmp_path / 'scrl.pth', file, part=part, fpn=True)
    config = downstream_check._read(FASTER_RCNN)
    config.model.neck.in_channels = [64, 128, 256, 512]
    config.model.backbone.depth = 18
    report = check_downstream(file, config)
    assert (report.share, report.unexpected) == (1.0, ())
    assert len(report.matched) == 120 + 16
    assert report.target == 'mmdet FasterRCNN.backbone and neck'
    # as a user's config has it: one file, two prefixes
    for name in ('backbone', 'neck'):
        config.model[name].init_cfg = dict(
            type='Pretrained', checkpoint=str(file), prefix=f'{name}.'
        )
    with DefaultScope.overwrite_default_scope('mmdet'):
        detector = HOST_MODELS.build(config.model)
    detector.init_weights()
    detector.eval()
    network = model.teacher if part == 'teacher' else model
    image = torch.randn(1, 3, 96, 160)
    with torch.no_grad():
        expected = network.region.extract_pyramid(network.backbone(image))
        got = detector.extract_feat(image)
    assert len(got) == 1 + len(expected)  # a pooled level
    for one, other in zip(expected, got):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5)


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
        # convert_weights=True there, and the file has mm's layout already
        ('mmdet', MASK_RCNN_SWIN, None),
        ('mmseg', SEG_SWIN, None),
        ('mmpose', POSE_SWIN, dict(out_indices=(0, 1, 2, 3))),
        (
            'mmpretrain',
            'mmpretrain::_base_/models/swin_transformer/tiny_224.py',
            dict(out_indices=(0, 1, 2, 3)),
        ),
    ],
)
def test_swin__all_keys_of_one_lambda(tmp_path, package, config, backbone):
    pytest.importorskip(package)
    model = SemanticSwinTransformer('tiny', out_indices=(0, 1, 2, 3))
    file = exported(tmp_path, model, semantic_weight=0.2)
    report = check_downstream(file, config, backbone=backbone)
    assert (report.share, report.unexpected) == (1.0, ())
