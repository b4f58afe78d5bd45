"""Keypoint R-CNN and SOLIDER's pose: numbers, models, data, twins."""

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

pytest.importorskip('mmdet')
pytest.importorskip('mmpose')
from mmdet.registry import DATASETS as DET_DATASETS
from mmdet.registry import METRICS as DET_METRICS
from mmdet.registry import MODELS as DET_MODELS
from mmpose.registry import DATASETS as POSE_DATASETS
from mmpose.registry import MODELS as POSE_MODELS

from mmssl.downstream.maps import maps_of
from mmssl.downstream.slots import fill_slots

pytestmark = pytest.mark.downstream
ROOT = Path(__file__).resolve().parents[2] / 'configs'
RCNN = 'downstream/mmdet/scrl_keypoint-rcnn_r50_fpn_90k_coco.py'
POSE = 'downstream/mmpose/solider_td-hm_swin-'
# Weight decay, lr, images in a step, epochs, steps, width of the last map
POSES = {
    't_8xb16-210e_coco-384x288': (0.0, 7e-4, 128, 210, [170, 200], 768),
    's_8xb8-210e_coco-384x288': (0.01, 1e-3, 64, 210, [170, 200], 768),
    'b_8xb12-160e_coco-384x288': (0.01, 1e-3, 96, 160, [120, 150], 1024),
}
TWINS = {
    'puppets/mmdet/keypoint-rcnn_r18_puppets.py': 'keypoints/AP',
    'puppets/mmpose/pose_swin_puppets.py': 'PCK',
}


@cache
def load(name):
    return Config.fromfile(ROOT / name)


def on_cpu(model):
    """Return a model's config with BN for SyncBN, without weights."""
    text = json.dumps(model.to_dict(), default=str)
    model = json.loads(text.replace('SyncBN', 'BN'))
    model['backbone']['init_cfg'] = None
    return ConfigDict(model)


def write_people(root, folder, file, people=3):
    """Write one photo with people, one without; return a COCO json."""
    rng = np.random.default_rng(0)
    images = [
        dict(id=i, file_name=f'{i}.jpg', width=120, height=90) for i in (1, 2)
    ]
    (root / folder).mkdir(parents=True, exist_ok=True)
    for image in images:
        photo = rng.integers(0, 255, (90, 120, 3), np.uint8)
        cv2.imwrite(str(root / folder / image['file_name']), photo)
    annotations = []
    for i in range(people):
        points = rng.integers(0, 40, (17, 3)) + (30 * i, 20, 0)
        points[:, 2] = 2
        annotations.append(
            dict(
                id=i + 1,
                image_id=1,
                category_id=1,
                bbox=[30 * i, 20, 40, 40],
                area=1600,
                iscrowd=0,
                keypoints=points.ravel().tolist(),
                num_keypoints=17,
            )
        )
    person = dict(id=1, name='person')
    content = dict(images=images, annotations=annotations, categories=[person])
    path = root / 'annotations' / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def coco(tmp_path, monkeypatch):
    """A stub of COCO's folders, as configs name them."""
    root = tmp_path / 'data' / 'coco'
    for part in ('train2017', 'val2017'):
        write_people(root, part, f'person_keypoints_{part}.json')
    found = [dict(image_id=1, category_id=1, bbox=[30, 20, 40, 40], score=0.9)]
    boxes = root / 'person_detection_results'
    boxes.mkdir()
    name = 'COCO_val2017_detections_AP_H_56_person.json'
    (boxes / name).write_text(json.dumps(found))
    monkeypatch.chdir(tmp_path)
    return root


# ---- keypoint R-CNN --------------------------------------------------------


def test_rcnn__numbers_of_the_paper():
    cfg = load(RCNN)
    warm_up, steps = cfg.param_scheduler
    assert cfg.optim_wrapper.optimizer.lr == 0.02
    assert cfg.optim_wrapper.paramwise_cfg.norm_decay_mult == 0
    assert (warm_up.start_factor, warm_up.end) == (0.001, 1000)
    assert (steps.milestones, steps.end) == ([60000, 80000], 90000)
    assert cfg.train_cfg.max_iters == 90000
    assert cfg.train_dataloader.batch_size == 2
    assert cfg.auto_scale_lr.base_batch_size == 16
    loader = cfg.train_dataloader.dataset
    assert loader.filter_cfg == dict(filter_empty_gt=True, min_keypoints=1)
    assert {min(s) for s in loader.pipeline[3].scales} == set(
        range(640, 801, 32)
    )


def test_rcnn__detectron2s_keypoint_model():
    model = load(RCNN).model
    head = model.roi_head
    loss = head.bbox_head.loss_bbox
    assert (loss.type, loss.beta) == ('SmoothL1Loss', 0.5)
    assert head.bbox_head.num_classes == 1
    assert model.train_cfg.rpn_proposal.max_per_img == 1500
    assert head.keypoint_roi_extractor.roi_layer.output_size == 14
    assert model.backbone.norm_eval is False
    assert model.backbone.init_cfg.checkpoint == 'backbone.pth'
    with DefaultScope.overwrite_default_scope('mmdet'):
        with torch.device('meta'):
            network = DET_MODELS.build(on_cpu(model))
    norms = [
        name
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.BatchNorm2d) and name.startswith('neck')
    ]
    assert len(norms) == 8, 'four lateral and four 3x3 convolutions'
    size = sum(p.numel() for p in network.roi_head.keypoint_head.parameters())
    # 256 -> 512, seven of 512 -> 512, 4x4 to 17; biases
    expected = 512 * 256 * 9 + 7 * 512**2 * 9 + 512 * 17 * 16 + 8 * 512 + 17
    assert size == expected


def test_rcnn__reads_coco(coco):
    cfg = load(RCNN)
    with DefaultScope.overwrite_default_scope('mmdet'):
        train = DET_DATASETS.build(cfg.train_dataloader.dataset)
        test = DET_DATASETS.build(cfg.test_dataloader.dataset)
        metrics = [DET_METRICS.build(each) for each in cfg.test_evaluator]
    assert (len(train), len(test)) == (1, 2)
    sample = train[0]['data_samples']
    assert 640 <= sample.img_shape[0] <= 800
    people = sample.gt_instances
    assert people.keypoints.shape == (3, 17, 3)
    assert (people.keypoints[..., 2] == 2).all()
    # The stub's points lie in its boxes, so they do afterwards.
    boxes = people.bboxes.tensor[:, None] + torch.tensor([-1.0, -1, 1, 1])
    points = people.keypoints[..., :2]
    assert (points >= boxes[..., :2]).all()
    assert (points <= boxes[..., 2:]).all()
    assert test[1]['data_samples'].scale_factor == pytest.approx(
        (80 / 9,) * 2, rel=1e-3
    )
    assert len(metrics) == 2


# ---- pose ------------------------------------------------------------------


@pytest.mark.parametrize('name', POSES)
def test_pose__numbers_of_the_published_recipe(name):
    cfg = load(f'{POSE}{name}.py')
    decay, lr, images, epochs, milestones, width = POSES[name]
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr) == ('AdamW', lr)
    assert (optimizer.weight_decay, optimizer.betas) == (decay, (0.9, 0.999))
    assert 'clip_grad' not in cfg.optim_wrapper
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    assert cfg.optim_wrapper.loss_scale == 'dynamic'
    tables = cfg.optim_wrapper.paramwise_cfg.custom_keys
    assert tables.relative_position_bias_table.decay_mult == 0
    assert cfg.auto_scale_lr.base_batch_size == images
    assert cfg.train_dataloader.batch_size * 8 == images
    warm_up, steps = cfg.param_scheduler
    assert (warm_up.start_factor, warm_up.end) == (0.001, 11710)
    assert (steps.milestones, steps.end) == (milestones, epochs)
    assert (cfg.train_cfg.max_epochs, cfg.train_cfg.val_interval) == (
        epochs,
        5,
    )
    backbone = cfg.model.backbone
    assert (backbone.semantic_weight, backbone.strides) == (0.8, (4, 2, 1, 1))
    assert backbone.drop_path_rate == 0
    assert cfg.model.head.in_channels == width
    assert cfg.model.head.decoder.sigma == 2
    assert cfg.model.test_cfg.flip_test
    assert cfg.model.test_cfg.shift_heatmap
    targets = cfg.train_dataloader.dataset.pipeline[6].encoder
    assert targets == cfg.model.head.decoder
    assert (targets.input_size, targets.heatmap_size) == ((288, 384), (72, 96))


@pytest.mark.parametrize(
    'name',
    [
        next(iter(POSES)),
        *(pytest.param(n, marks=pytest.mark.slow) for n in [*POSES][1:]),
    ],
)
def test_pose__builds_and_gives_out_heatmaps(name):
    model = on_cpu(load(f'{POSE}{name}.py').model)
    with DefaultScope.overwrite_default_scope('mmpose'):
        network = POSE_MODELS.build(model).eval()
    embeds = network.backbone.semantic_embed_w[0].parameters()
    assert all(parameter.requires_grad for parameter in embeds)
    with torch.no_grad():
        maps = network.backbone(torch.zeros(1, 3, 96, 72))
        heat = network.head(maps)
    assert maps[-1].shape == (1, model['head']['in_channels'], 12, 9)
    assert heat.shape == (1, 17, 24, 18)


def test_pose__reads_coco(coco):
    cfg = load(f'{POSE}{next(iter(POSES))}.py')
    with DefaultScope.overwrite_default_scope('mmpose'):
        train = POSE_DATASETS.build(cfg.train_dataloader.dataset)
        test = POSE_DATASETS.build(cfg.test_dataloader.dataset)
    assert (len(train), len(test)) == (3, 1)
    sample = train[0]
    assert sample['inputs'].shape == (3, 384, 288)
    assert sample['data_samples'].gt_fields.heatmaps.shape == (17, 96, 72)
    turned = [train[0]['data_samples'].input_scale for _ in range(8)]
    assert len({round(float(scale[0]), 3) for scale in turned}) > 3


# ---- twins -----------------------------------------------------------------


@pytest.mark.parametrize('name', TWINS)
def test_twin__is_short_and_a_task(name):
    lines = (ROOT / name).read_text().splitlines()
    code = [s for s in lines if s.strip() and not s.startswith('#')]
    assert len(code) <= 15
    assert load(name).benchmark.metric == TWINS[name]


def test_twin__heatmaps_of_another_backbone_are_as_large():
    cfg = load('puppets/mmpose/pose_swin_puppets.py').copy()
    before = maps_of(cfg.model.backbone, 'mmpose')
    cfg.model.backbone = dict(type='ResNet', depth=18)
    after = maps_of(cfg.model.backbone, 'mmpose')
    assert (before.strides, after.strides) == ((16,), (32,))
    fill_slots(cfg, cfg.benchmark.slots, after, before)
    with DefaultScope.overwrite_default_scope('mmpose'):
        network = POSE_MODELS.build(cfg.model).eval()
    with torch.no_grad():
        heat = network.head(network.backbone(torch.zeros(1, 3, 128, 64)))
    width, height = cfg.codec.heatmap_size
    assert heat.shape == (1, 17, height, width)


def small(cfg, work_dir):
    """Change a twin into two steps of two images."""
    cfg = cfg.copy()
    cfg.work_dir = str(work_dir)
    cfg.train_cfg.update(max_iters=2, val_interval=2)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.batch_size = 2
    cfg.default_hooks.checkpoint = None
    cfg.log_level = 'ERROR'
    return cfg


@pytest.mark.slow
@pytest.mark.parametrize('name', TWINS)
def test_twin__trains_and_is_judged(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for part in ('train', 'val'):
        write_people(
            tmp_path / 'data' / 'puppets',
            f'frames/{part}',
            f'person_keypoints_{part}.json',
        )
    cfg = small(load(name), tmp_path / 'run')
    runner = Runner.from_cfg(cfg)
    before = [p.detach().clone() for p in runner.model.parameters()]
    runner.train()
    after = list(runner.model.parameters())
    moved = [not a.equal(b) for a, b in zip(before, after) if b.requires_grad]
    assert np.mean(moved) > 0.9
    figures = runner.val_loop.run()
    assert 0 <= figures[TWINS[name]] <= 1
