"""The seven published experiments, number by number.

The table restates the published ``experiments/*/config.yaml`` and is not
derived from the configs.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from mmengine.config import Config

from mmssl.samplers.guidance import sample_guidance

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'cmp'


class Published(NamedTuple):
    """One row of the published experiments."""

    backbone: str
    decoder: str
    sources: tuple
    iterations: int
    steps: tuple
    gpus: int
    batch: int
    short: int
    crop: int
    bg_ratio: float
    stride: int
    grid_points: int
    nms: int
    max_points: int
    interval: int
    samples_million: float


ALEXNET = ('AlexNetBN', 'PlainMotionDecoder')
RESNET = ('ResNet', 'PlainMotionDecoder')
SKIP = ('StemResNet', 'SkipMotionDecoder')
YFCC = ('yfcc',)
YOUTUBE = ('yfcc', 'youtube9000')
FOUR = ('yfcc', 'youtube9000', 'VIP', 'MPII')
K40, K80, K24 = (40000, 60000), (80000, 120000), (24000, 36000)

# fmt: off
TABLE = {
    'cmp_alexnet_16xb12-70k_yfcc': Published(
        *ALEXNET, YFCC, 70000, K40, 16, 12, 416, 384,
        0.00015625, 80, 25, 41, 150, 10000, 13.44),
    'cmp_alexnet_8xb12-140k_yfcc': Published(
        *ALEXNET, YFCC, 140000, K80, 8, 12, 416, 384,
        0.00015625, 80, 25, 41, 150, 10000, 13.44),
    'cmp_alexnet_16xb12-140k_yfcc-youtube': Published(
        *ALEXNET, YOUTUBE, 140000, K80, 16, 12, 416, 384,
        0.000025, 200, 4, 81, 150, 10000, 26.88),
    'cmp_r50_16xb10-42k_yfcc': Published(
        *RESNET, YFCC, 42000, K24, 16, 10, 416, 320,
        0.00003629, 165, 4, 67, -1, 10000, 6.72),
    'cmp_r50_16xb16-42k_yfcc-256px': Published(
        *RESNET, YFCC, 42000, K24, 16, 16, 333, 256,
        0.00005632, 133, 4, 49, -1, 10000, 10.752),
    'cmp_r50_16xb10-70k_yfcc-youtube-vip-mpii': Published(
        *RESNET, FOUR, 70000, K40, 16, 10, 416, 320,
        0.00015625, 80, 16, 15, -1, 10000, 11.2),
    'cmp_r50-skip_8xb8-42k_vip-mpii': Published(
        *SKIP, ('VIP', 'MPII'), 42000, K24, 8, 8, 416, 384,
        0.0000574, 131, 9, 41, -1, 5000, 2.688),
}
# fmt: on
ROWS = pytest.mark.parametrize(('name', 'row'), TABLE.items(), ids=list(TABLE))


def _load(name):
    return Config.fromfile(FOLDER / f'{name}.py')


def _find(pipeline, kind):
    (found,) = (t for t in pipeline if t.type == kind)
    return found


def test_table__these_are_all_runs_on_many_gpus():
    many = {p.stem for p in FOLDER.glob('*.py') if '_1xb' not in p.stem}
    assert {name for name in many if 'cpu' not in name} == set(TABLE)


@ROWS
def test_published__schedule(name, row):
    cfg = _load(name)
    assert cfg.train_cfg == dict(
        type='IterBasedTrainLoop',
        max_iters=row.iterations,
        val_interval=row.interval,
    )
    assert cfg.default_hooks.checkpoint.interval == row.interval
    assert cfg.default_hooks.checkpoint.by_epoch is False
    assert cfg.param_scheduler == [
        dict(
            type='MultiStepLR',
            by_epoch=False,
            milestones=list(row.steps),
            gamma=0.1,
        )
    ]
    assert cfg.optim_wrapper == dict(
        type='OptimWrapper',
        optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=0.0001),
    )


@ROWS
def test_published__batch_and_data(name, row):
    cfg = _load(name)
    loader = cfg.train_dataloader
    assert loader.batch_size == row.batch
    assert loader.num_workers == 2
    assert cfg.val_dataloader.batch_size == 1
    assert cfg.auto_scale_lr == dict(
        enable=False, base_batch_size=row.gpus * row.batch
    )
    seen = row.iterations * row.gpus * row.batch / 1e6
    assert seen == pytest.approx(row.samples_million, abs=1e-9)
    assert loader.sampler == dict(
        type='GivenIterationSampler',
        total_iter=row.iterations,
        batch_size=row.batch,
    )
    data = loader.dataset
    assert data.flow_file_type == 'jpg'
    assert data.data_root == ''
    assert data.ann_file == [
        f'data/{source}/lists/train.txt' for source in row.sources
    ]


@ROWS
@pytest.mark.parametrize('stage', ['train', 'val', 'test'])
def test_published__geometry_and_guidance(name, row, stage):
    pipeline = _load(name)[f'{stage}_dataloader'].dataset.pipeline
    assert _find(pipeline, 'ResizeCropImageFlow') == dict(
        type='ResizeCropImageFlow',
        short_size=row.short,
        size=row.crop,
        mode='random' if stage == 'train' else 'center',
    )
    assert _find(pipeline, 'SampleGuidance') == dict(
        type='SampleGuidance',
        strategies=['grid', 'watershed'],
        bg_ratio=row.bg_ratio,
        nms_size=row.nms,
        max_points=row.max_points,
    )


@ROWS
def test_published__grid_points_and_stride(name, row):
    pipeline = _load(name).train_dataloader.dataset.pipeline
    guidance = _find(pipeline, 'SampleGuidance')
    crop = _find(pipeline, 'ResizeCropImageFlow').size
    points = sample_guidance(
        np.zeros((crop, crop, 2), np.float32),
        guidance.strategies,
        guidance.bg_ratio,
        guidance.nms_size,
        guidance.max_points,
        np.random.default_rng(0),
    )
    # Constant flow has no watershed point, so these are the grid's.
    assert len(points) == row.grid_points
    rows = np.unique(points[:, 0])
    assert set(np.diff(rows)) == {row.stride}
    assert rows[0] == (crop - crop // row.stride * row.stride) // 2


@ROWS
def test_published__augmentations_are_off(name, row):
    pipeline = _load(name).train_dataloader.dataset.pipeline
    assert _find(pipeline, 'FlipImageFlow').prob == 0
    assert _find(pipeline, 'ReverseFlow').prob == 0
    assert _find(pipeline, 'RotateFlow').prob == 0
    scale = _find(pipeline, 'ScaleFlow')
    assert (scale.low, scale.high) == (1, 1)


@ROWS
def test_published__networks(name, row):
    model = _load(name).model
    assert model.weight_init == 'published'
    assert model.data_preprocessor.mean == [123.675, 116.28, 103.53]
    assert model.data_preprocessor.std == [58.395, 57.12, 57.375]
    assert model.backbone.type == row.backbone
    assert model.decoder.type == row.decoder
    assert model.decoder.in_channels == 256 + 16
    assert model.neck.out_channels == 256
    assert model.motion_encoder.channels == 16
    codec = model.head.codec
    assert (codec.nbins, codec.fmax, codec.spacing) == (99, 50, 'linear')
    assert model.head.loss.zero_bin_weight == 1
    if row.backbone == 'AlexNetBN':
        assert model.backbone.variant == '32x'
        assert tuple(model.motion_encoder.strides) == (2, 2, 8)
    else:
        assert model.backbone.depth == 50
        assert tuple(model.backbone.strides) == (1, 2, 1, 1)
        assert tuple(model.backbone.dilations) == (1, 1, 2, 4)
        assert tuple(model.motion_encoder.strides) == (2, 2, 2)
    pools = (1, 2, 4) if row.decoder == 'PlainMotionDecoder' else (1, 2, 4, 8)
    assert tuple(model.decoder.pools) == pools
