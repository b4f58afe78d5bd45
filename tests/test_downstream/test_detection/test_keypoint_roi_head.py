"""Keypoint R-CNN in mmdet: losses, results, training."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip('mmdet')
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmengine.structures import InstanceData

from mmssl.downstream.detection.heatmaps import (
    heatmaps_to_keypoints,
    keypoints_to_cells,
)
from mmssl.downstream.detection.keypoint_roi_head import KeypointRoIHead

pytestmark = pytest.mark.downstream
BASE = 'configs/downstream/_base_/keypoint-rcnn_r50_fpn.py'


def small_model(root):
    """Return the published model, narrow, on a ResNet-18."""
    cfg = Config.fromfile(root / BASE).model
    cfg.backbone.update(depth=18, init_cfg=None, frozen_stages=-1)
    cfg.neck.update(in_channels=[64, 128, 256, 512], out_channels=16)
    cfg.rpn_head.update(in_channels=16, feat_channels=16)
    cfg.rpn_head.anchor_generator.scales = [4]
    head = cfg.roi_head
    for part in (head.bbox_roi_extractor, head.keypoint_roi_extractor):
        part.out_channels = 16
    head.bbox_head.update(in_channels=16, fc_out_channels=32)
    head.keypoint_head.update(in_channels=16, conv_channels=16, num_convs=2)
    cfg.train_cfg.rcnn.sampler.num = 32
    cfg.train_cfg.rpn_proposal.update(nms_pre=100, max_per_img=50)
    cfg.test_cfg.rpn.update(nms_pre=100, max_per_img=50)
    cfg.test_cfg.rcnn.max_per_img = 10
    return cfg


@pytest.fixture
def model(pytestconfig):
    cfg = small_model(pytestconfig.rootpath)
    with DefaultScope.overwrite_default_scope('mmdet'):
        network = MODELS.build(cfg)
        network.init_weights()
        yield network


def sample_of(boxes, keypoints, factor=(1.0, 1.0), shape=(96, 96)):
    sample = DetDataSample(
        metainfo=dict(
            img_shape=shape,
            ori_shape=shape,
            pad_shape=shape,
            batch_input_shape=shape,
            scale_factor=factor,
            img_id=0,
        )
    )
    count = len(boxes)
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor(boxes).reshape(count, 4),
        labels=torch.zeros(count, dtype=torch.long),
        keypoints=torch.as_tensor(keypoints).float(),
    )
    sample.ignored_instances = InstanceData(
        bboxes=torch.zeros(0, 4), labels=torch.zeros(0, dtype=torch.long)
    )
    return sample


class Fixed(nn.Module):
    """Heatmaps that depend on the place of the box alone."""

    num_inputs = 1

    def forward(self, levels, rois):
        seeds = (rois.sum(1).double() * 1000).round().long().tolist()
        maps = [
            torch.randn(17, 8, 8, generator=torch.Generator().manual_seed(s))
            for s in seeds
        ]
        return torch.stack(maps) if maps else torch.zeros(0, 17, 8, 8)


def with_fixed_heatmaps(model):
    model.roi_head.keypoint_roi_extractor = Fixed()
    model.roi_head.keypoint_head = nn.Identity()
    return model.roi_head


def test_loss__mean_over_keypoints_of_the_batch_in_their_boxes(model):
    """Two images by loops: a person without labels, boxes that lost points."""
    head = with_fixed_heatmaps(model)
    rng = np.random.default_rng(0)
    keypoints = torch.tensor(rng.uniform(0, 60, (3, 17, 3))).float()
    keypoints[..., 2] = torch.tensor(rng.integers(0, 3, (3, 17)))
    keypoints[1, :, 2] = 0
    priors = torch.tensor(rng.uniform(0, 30, (5, 4))).float()
    priors[:, 2:] = priors[:, :2] + 35
    sampled = [
        SimpleNamespace(
            pos_priors=priors[:3],
            pos_assigned_gt_inds=torch.tensor([1, 0, 0]),
        ),
        SimpleNamespace(
            pos_priors=priors[3:], pos_assigned_gt_inds=torch.tensor([0, 0])
        ),
    ]
    instances = [
        SimpleNamespace(keypoints=keypoints[:2]),
        SimpleNamespace(keypoints=keypoints[2:]),
    ]
    loss = head._keypoint_loss((), sampled, instances)
    terms = []
    rows = [(0, 0, 1), (0, 1, 0), (0, 2, 0), (1, 3, 2), (1, 4, 2)]
    for image, row, person in rows:
        box = priors[row]
        roi = torch.cat([torch.tensor([float(image)]), box])[None]
        maps = Fixed()((), roi)[0].flatten(1).log_softmax(1)
        index, valid = keypoints_to_cells(
            keypoints[person][None], box[None], 8
        )
        terms += [-maps[k, index[0, k]] for k in range(17) if valid[0, k]]
    assert 12 < len(terms) < 60
    torch.testing.assert_close(loss, torch.stack(terms).mean())
    head.keypoint_loss_weight = 0.5
    half = head._keypoint_loss((), sampled, instances)
    torch.testing.assert_close(half, loss / 2)


CASES = {
    'people': ([[10.0, 10, 50, 80], [40, 20, 80, 90]], 2),
    'nobody has a label': ([[10.0, 10, 50, 80]], 0),
    'nobody is there': ([], 0),
}


@pytest.mark.parametrize('case', CASES)
def test_loss__of_whole_images(model, case):
    """Every weight gets a gradient, whoever is in the image."""
    boxes, label = CASES[case]
    points = torch.rand(len(boxes), 17, 3) * 60 + 20
    points[..., 2] = label
    model.train()
    losses = model.loss(
        torch.randn(2, 3, 96, 96),
        [sample_of(boxes, points), sample_of(boxes, points)],
    )
    assert {'loss_cls', 'loss_bbox', 'loss_keypoint'} <= set(losses)
    loss, values = model.parse_losses(losses)
    assert (losses['loss_keypoint'].item() == 0) is (case != 'people')
    if case == 'people':
        assert 7 < values['loss_keypoint'].item() < 10  # about log 56 * 56
    loss.backward()
    for name, parameter in model.roi_head.keypoint_head.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.any()) is (case == 'people'), name


def test_predict__in_pixels_of_the_original_image(model):
    """Boxes as mmdet's own head gives them, keypoints from the same boxes."""
    head = with_fixed_heatmaps(model).eval()
    features = model.eval().extract_feat(torch.randn(1, 3, 96, 96))
    factor = (2.0, 1.5)
    sample = sample_of([], torch.zeros(0, 17, 3), factor=factor)
    boxes = torch.tensor([[10.0, 10, 50, 80], [40, 20, 80, 90]])

    def proposals():
        return [InstanceData(bboxes=boxes.clone(), scores=torch.ones(2))]

    head.test_cfg.score_thr = 0.0
    with torch.no_grad():
        plain = super(KeypointRoIHead, head).predict(
            features, proposals(), [sample], rescale=True
        )[0]
        inside = head.predict(features, proposals(), [sample])[0]
        found = head.predict(features, proposals(), [sample], rescale=True)[0]
    assert len(found) == len(plain) > 0
    torch.testing.assert_close(found.bboxes, plain.bboxes)
    torch.testing.assert_close(found.scores, plain.scores)
    rois = torch.cat([torch.zeros(len(inside), 1), inside.bboxes], 1)
    expected = heatmaps_to_keypoints(Fixed()((), rois), inside.bboxes)
    torch.testing.assert_close(inside.keypoints, expected[..., :2])
    torch.testing.assert_close(
        found.keypoints, expected[..., :2] / torch.tensor(factor)
    )
    torch.testing.assert_close(found.keypoint_scores, expected[..., 2])


def test_predict__nobody_found(model):
    sample = sample_of([], torch.zeros(0, 17, 3))
    model.eval()
    model.roi_head.test_cfg.score_thr = 1.1
    with torch.no_grad():
        images = torch.randn(2, 3, 96, 96)
        found = model.predict(images, [sample, sample.clone()])
    for each in found:
        assert each.pred_instances.keypoints.shape == (0, 17, 2)
        assert each.pred_instances.keypoint_scores.shape == (0, 17)


def test_forward__heatmaps_come_last(model):
    sample = sample_of([], torch.zeros(0, 17, 3))
    with torch.no_grad():
        outputs = model.eval()(torch.randn(1, 3, 96, 96), [sample])
    assert outputs[-1][-1].shape[1:] == (17, 56, 56)


def test_head__masks_are_refused(pytestconfig):
    cfg = small_model(pytestconfig.rootpath)
    cfg.roi_head.mask_head = dict(type='FCNMaskHead')
    with DefaultScope.overwrite_default_scope('mmdet'):
        with pytest.raises(ValueError, match='has no masks, got mask_head'):
            MODELS.build(cfg)


def tiny_run(root, data, work_dir, epochs):
    """Return a runner of mmdet on people of dots."""
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations', with_bbox=True),
        dict(type='mmssl.LoadKeypoints'),
        dict(type='RandomFlip', prob=0.5),
        dict(type='mmssl.MapKeypoints'),
        dict(type='mmssl.PackDetKeypoints'),
    ]
    test = [
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=(96, 96), keep_ratio=True),
        dict(type='PackDetInputs'),
    ]

    def loader(part, steps, **kwargs):
        return dict(
            batch_size=4,
            num_workers=0,
            dataset=dict(
                type='mmssl.KeypointCocoDataset',
                data_root=str(data),
                ann_file=f'annotations/{part}.json',
                data_prefix=dict(img=part),
                pipeline=steps,
                **kwargs,
            ),
            sampler=dict(type='DefaultSampler', shuffle=part == 'train'),
        )

    file = str(data / 'annotations' / 'val.json')
    model = small_model(root)
    model.backbone.update(norm_eval=False)
    return Runner(
        model=model,
        work_dir=str(work_dir),
        default_scope='mmdet',
        train_dataloader=loader('train', pipeline),
        val_dataloader=loader('val', test, test_mode=True),
        val_evaluator=[
            dict(type='mmssl.KeypointMetric', ann_file=file),
            dict(type='CocoMetric', ann_file=file),
        ],
        train_cfg=dict(by_epoch=True, max_epochs=epochs, val_begin=epochs + 1),
        val_cfg=dict(),
        optim_wrapper=dict(
            optimizer=dict(type='AdamW', lr=2e-3),
            clip_grad=dict(max_norm=10),
        ),
        param_scheduler=[dict(type='CosineAnnealingLR', T_max=epochs)],
        default_hooks=dict(checkpoint=None),
        randomness=dict(seed=0),
        log_level='ERROR',
    )


@pytest.mark.slow
def test_training__finds_people_of_dots(pytestconfig, tmp_path, people):
    """Data, losses, decoding and metric agree, mirrored images included."""
    people(tmp_path, 'train', 32, seed=0)
    people(tmp_path, 'val', 12, seed=1)
    runner = tiny_run(pytestconfig.rootpath, tmp_path, tmp_path / 'run', 10)
    runner.train()
    figures = runner.val_loop.run()
    # After 80 steps; untrained: 0. Twice as long: 0.99 and 0.66.
    assert figures['keypoints/AP50'] > 0.3
    assert figures['coco/bbox_mAP'] > 0.1
