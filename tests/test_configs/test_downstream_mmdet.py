"""Detection of other projects' size: models, data, and published numbers."""

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

pytest.importorskip('mmdet')
from mmdet.registry import DATASETS, METRICS, MODELS

pytestmark = pytest.mark.downstream
ROOT = Path(__file__).resolve().parents[2] / 'configs' / 'downstream' / 'mmdet'
SIZE_HW = (300, 400)
SYNC = dict(type='SyncBN', requires_grad=True)
SHORT_90K = tuple(range(640, 801, 32))

# lr, steps, length, warm-up, batch, short sides in training
RECIPES = {
    'cmp_mask-rcnn_r50_fpn_16e_coco': (0.02, [10, 15], 16, 500, 16, (800,)),
    'cmp_faster-rcnn_vgg16_voc07': (0.01, [9], 12, 500, 16, (600,)),
    'scrl_faster-rcnn_r50_fpn_18k_voc0712': (
        *(0.02, [12000, 16000], 18000, 100, 16),
        tuple(range(480, 801, 32)),
    ),
    'scrl_mask-rcnn_r50_fpn_24k_cityscapes': (
        *(0.01, [18000], 24000, 1000, 8),
        tuple(range(800, 1025, 32)),
    ),
    'scrl_sparse-rcnn_r50_fpn_36e_coco': (
        *(2.5e-5, [27, 33], 36, 500, 16),
        tuple(range(480, 801, 32)),
    ),
    'scrl_sparse-rcnn_r50_fpn_300-proposals_36e_coco': (
        *(2.5e-5, [27, 33], 36, 500, 16),
        tuple(range(480, 801, 32)),
    ),
}
for name, lr in (('faster-rcnn', 0.02), ('retinanet', 0.01)):
    RECIPES[f'scrl_{name}_r50_fpn_90k_coco'] = (
        *(lr, [60000, 80000], 90000, 1000, 16, SHORT_90K),
    )
    RECIPES[f'scrl_{name}_r50_fpn_45k_coco'] = (
        *(lr, [30000, 40000], 45000, 1000, 16, SHORT_90K),
    )
RECIPES['scrl_mask-rcnn_r50_fpn_90k_coco'] = (
    *(0.02, [60000, 80000], 90000, 1000, 16, SHORT_90K),
)
for size in 'tsb':
    RECIPES[f'solider_faster-rcnn_swin-{size}_citypersons'] = (
        *(1e-4, [7], 8, 500, 8, None),
    )
KEYPOINTS = {'keypoint'}  # those have tests of their own
NAMES = sorted(
    path.stem
    for path in ROOT.glob('*.py')
    if not any(word in path.stem for word in KEYPOINTS)
)
each = pytest.mark.parametrize('name', NAMES)


@cache
def _load(name):
    return Config.fromfile(ROOT / f'{name}.py')


def test_names__each_has_its_row():
    assert set(NAMES) == set(RECIPES)


def _inner(dataset):
    while 'dataset' in dataset:
        dataset = dataset.dataset
    return dataset.get('datasets', [dataset])


def _short_sides(pipeline):
    """Return the short sides that the resizing steps name, over branches."""
    sides = set()
    for step in pipeline:
        if step['type'] == 'RandomChoice':
            sides |= _short_sides(step['transforms'][0])
        elif step['type'] == 'RandomChoiceResize':
            sides |= {min(scale) for scale in step['scales']}
        elif step['type'] == 'Resize':
            sides.add(min(step['scale']))
    return sides


@each
def test_recipe__numbers_of_the_paper(name):
    cfg = _load(name)
    lr, steps, length, warm_up, batch, shorts = RECIPES[name]
    assert cfg.optim_wrapper.optimizer.lr == lr
    assert cfg.auto_scale_lr.base_batch_size == batch or batch == 8
    loop = cfg.train_cfg
    assert loop.get('max_iters', loop.get('max_epochs')) == length
    by_epoch = loop.type == 'EpochBasedTrainLoop'
    first, then = cfg.param_scheduler
    assert (first.type, first.start_factor) == ('LinearLR', 0.001)
    assert (first.by_epoch, first.end) == (False, warm_up)
    assert (then.milestones, then.end, then.gamma) == (steps, length, 0.1)
    assert then.by_epoch is by_epoch
    infinite = cfg.train_dataloader.sampler.type == 'InfiniteSampler'
    assert infinite is not by_epoch
    assert cfg.log_processor.by_epoch is by_epoch
    assert cfg.default_hooks.checkpoint.get('by_epoch', True) is by_epoch
    for dataset in _inner(cfg.train_dataloader.dataset):
        if shorts is not None:
            assert _short_sides(dataset.pipeline) == set(shorts)
    assert cfg.load_from is None


@each
def test_backbone__comes_from_a_file_that_has_to_be_named(name):
    backbone = _load(name).model.backbone
    assert backbone.init_cfg.type == 'Pretrained'
    assert backbone.init_cfg.checkpoint == 'backbone.pth'
    text = (ROOT / f'{name}.py').read_text()
    assert "_base_ = './" in text or 'init_cfg.checkpoint=' in text


@pytest.mark.parametrize('name', [n for n in NAMES if 'scrl_' in n])
def test_scrl__sync_bn_in_all_layers_that_can_have_it(name):
    cfg = _load(name)
    backbone, neck = cfg.model.backbone, cfg.model.neck
    assert backbone.frozen_stages == 1
    if 'sparse' in name:  # its own settings
        assert backbone.norm_eval
        return
    assert backbone.norm_cfg.to_dict() == SYNC
    assert not backbone.norm_eval
    assert neck.norm_cfg.to_dict() == SYNC
    head = cfg.model.get('roi_head', {}).get('mask_head')
    if head is not None:
        assert head.norm_cfg.to_dict() == SYNC
    assert cfg.optim_wrapper.paramwise_cfg.norm_decay_mult == 0
    assert cfg.optim_wrapper.optimizer.weight_decay == 1e-4
    assert cfg.optim_wrapper.optimizer.momentum == 0.9


def test_scrl__voc_counts_what_detectron2_counts():
    cfg = _load('scrl_faster-rcnn_r50_fpn_18k_voc0712')
    parts = _inner(cfg.train_dataloader.dataset)
    years = [part.data_prefix.sub_data_root for part in parts]
    assert years == ['VOC2007/', 'VOC2012/']
    assert not any('bbox_min_size' in part.filter_cfg for part in parts)
    metric = METRICS.build(cfg.test_evaluator)
    names = [f'AP{int(iou * 100):02d}' for iou in metric.iou_thrs]
    assert names == [f'AP{i}' for i in range(50, 100, 5)]


def test_scrl__sparse_rcnn_proposals_and_crops():
    for name, number in (('', 100), ('300-proposals_', 300)):
        cfg = _load(f'scrl_sparse-rcnn_r50_fpn_{name}36e_coco')
        assert cfg.model.rpn_head.num_proposals == number
        assert cfg.model.test_cfg.rcnn.max_per_img == number
        steps = str(cfg.train_dataloader.dataset.pipeline)
        assert ('RandomCrop' in steps) is (number == 300)


def test_cmp__vgg_is_trained_on_2007_alone():
    cfg = _load('cmp_faster-rcnn_vgg16_voc07')
    (part,) = _inner(cfg.train_dataloader.dataset)
    assert part.ann_file == 'VOC2007/ImageSets/Main/trainval.txt'
    assert cfg.train_dataloader.dataset.type == 'VOCDataset'  # not repeated
    assert cfg.test_evaluator.eval_mode == '11points'


@pytest.mark.parametrize('size', 'tsb')
def test_solider__strides_lambda_and_labels(size):
    cfg = _load(f'solider_faster-rcnn_swin-{size}_citypersons')
    backbone = cfg.model.backbone
    assert backbone.semantic_weight == 1.0
    assert tuple(backbone.strides) == (4, 2, 2, 1)
    assert backbone.drop_path_rate == 0.1
    metric = METRICS.build(cfg.test_evaluator[1])
    assert (metric.category, metric.visibility) == ('pedestrian', 'vis_ratio')
    kept = cfg.model.test_cfg.rcnn
    assert (kept.score_thr, kept.max_per_img) == (0.01, 100)
    assert kept.nms.iou_threshold == 0.5
    assert metric.setups == ('reasonable', 'small', 'heavy', 'all')


@pytest.fixture
def no_random_weights(monkeypatch):
    """Weights are not looked at here; drawing them takes most of the time."""
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


@pytest.mark.slow
@each
def test_model__builds_and_its_parts_fit(name, no_random_weights):
    cfg = _load(name)
    init_default_scope('mmdet')
    model = MODELS.build(cfg.model).eval()
    with torch.no_grad():
        maps = model.extract_feat(torch.zeros(1, 3, 128, 128))
    strides = [128 // part.shape[-1] for part in maps]
    heads = cfg.model.get('rpn_head', cfg.model.get('bbox_head', {}))
    if 'anchor_generator' in heads:
        assert strides == list(heads.anchor_generator.strides)
        assert maps[0].shape[1] == heads.in_channels
    if 'roi_head' in cfg.model:
        extractor = cfg.model.roi_head.bbox_roi_extractor
        used = list(extractor.featmap_strides)
        assert strides[: len(used)] == used
        assert maps[0].shape[1] == extractor.out_channels


@each
def test_data__pipelines_read_a_stub_of_the_layout(
    name, tmp_path, monkeypatch
):
    cfg = _load(name).copy()
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmdet')
    masks = 'mask-rcnn' in name
    for stage in ('train', 'test'):
        dataset = cfg[f'{stage}_dataloader'].dataset
        for part in _inner(dataset):
            _write(part, cfg)
        built = DATASETS.build(dataset)
        np.random.seed(0)
        sample = built[0]
        truth = sample['data_samples'].gt_instances
        assert sample['inputs'].shape[0] == 3
        assert len(truth) == 1
        assert ('masks' in truth) is masks
        assert int(truth.labels) == len(built.metainfo['classes']) - 1
        low = truth.bboxes.tensor[0, :2] if stage == 'train' else None
        assert low is None or (low >= 0).all()
    classes = len(built.metainfo['classes'])
    for head in _heads(cfg.model):
        assert head.num_classes == classes


def _heads(model):
    """Return the heads that tell classes apart."""
    found = []
    for part in (model, model.get('roi_head', {})):
        for key in ('bbox_head', 'mask_head'):
            head = part.get(key, [])
            found += head if isinstance(head, list) else [head]
    return found


def _write(part, cfg):
    """Write one image and one object of the last class, as the set has it."""
    root = Path(part.data_root)
    image = np.full((*SIZE_HW, 3), 127, np.uint8)
    if part.type == 'VOCDataset':
        year = root / part.data_prefix.sub_data_root
        _image(year / 'JPEGImages' / '000001.jpg', image)
        _text(root / part.ann_file, '000001\n')
        _text(year / 'Annotations' / '000001.xml', VOC)
        return
    _image(root / part.data_prefix.img / 'a/b.png', image)
    kind = DATASETS.get(part.type)
    names = part.get('metainfo', kind.METAINFO)['classes']
    labels = dict(
        images=[dict(id=1, file_name='a/b.png', height=300, width=400)],
        categories=[dict(id=i + 1, name=n) for i, n in enumerate(names)],
        annotations=[
            dict(
                id=1,
                image_id=1,
                category_id=len(names),
                bbox=[100, 50, 80, 200],
                area=16000,
                iscrowd=0,
                segmentation=[[100, 50, 180, 50, 180, 250, 100, 250]],
            )
        ],
    )
    _text(root / part.ann_file, json.dumps(labels))


VOC = """<annotation>
<size><width>400</width><height>300</height></size>
<object><name>tvmonitor</name><difficult>0</difficult><bndbox>
<xmin>100</xmin><ymin>50</ymin><xmax>180</xmax><ymax>250</ymax>
</bndbox></object></annotation>"""


def _image(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def _text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
