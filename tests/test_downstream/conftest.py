"""A task that takes a second, and files of backbones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmengine.runner.checkpoint import CheckpointLoader
from mmpretrain.models import ResNet

from mmssl.checkpoints.export import export_backbone
from mmssl.downstream.job_spec import BackboneSpec, JobSpec

CONFIG = """
default_scope = 'mmpretrain'
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ResNet',
        depth=50,
        frozen_stages=1,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead',
        num_classes=2,
        in_channels=2048,
        loss=dict(type='CrossEntropyLoss'),
    ),
)
data_preprocessor = dict(
    mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True
)
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CustomDataset', data_root='ROOT/train', pipeline=pipeline
    ),
)
val_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CustomDataset', data_root='ROOT/val', pipeline=pipeline
    ),
)
val_evaluator = dict(type='Accuracy', topk=(1,))
val_cfg = dict()
train_cfg = dict(by_epoch=True, max_epochs=2)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9))
default_hooks = dict(
    checkpoint=dict(type='CheckpointHook', interval=1, save_best='auto')
)
benchmark = dict(
    name='toy',
    title='Toy classification',
    metric='accuracy/top1',
    slots=dict(last='model.head.in_channels'),
)
"""


@pytest.fixture(autouse=True)
def process_state(monkeypatch):
    """Undo what a job does to its process."""
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    was = torch.are_deterministic_algorithms_enabled()
    yield
    torch.use_deterministic_algorithms(was)


@pytest.fixture
def task(tmp_path):
    """Path of a config whose two classes differ in colour."""
    rng = np.random.default_rng(0)
    for split in ('train', 'val'):
        for number, name in enumerate('ab'):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for i in range(2):
                image = rng.integers(0, 255, (32, 32, 3), np.uint8)
                image[..., 2 * number] //= 4
                cv2.imwrite(str(folder / f'{i}.png'), image)
    path = tmp_path / 'toy_task.py'
    path.write_text(CONFIG.replace('ROOT', str(tmp_path)))
    return path


@pytest.fixture
def export(tmp_path):
    """Return a function: exports a network with drawn weights."""

    def write(network, name='backbone.pth', **options):
        generator = torch.Generator().manual_seed(3)
        state = {'head.weight': torch.ones(1)}
        for key, value in network.state_dict().items():
            if value.is_floating_point() and not key.endswith('_var'):
                drawn = torch.randn(value.shape, generator=generator)
                scale = max(value[0].numel(), 1) if value.ndim > 1 else 100
                value = value + drawn / scale**0.5
            state[f'backbone.{key}'] = value
        source = tmp_path / f'source-{name.split(".")[0]}.pth'
        torch.save(dict(state_dict=state, meta={}), source)
        export_backbone(source, tmp_path / name, **options)
        return tmp_path / name

    return write


@pytest.fixture
def resnet18(export):
    """An exported ResNet-18."""
    return export(ResNet(18))


@pytest.fixture
def job(tmp_path, task):
    """Return a function: a job of the toy task."""

    def make(file=None, seed=0, config=None, **changes):
        given = BackboneSpec(
            'net' if file else 'random', file and str(file), config
        )
        values = dict(
            task='toy',
            config=str(task),
            backbone=given,
            seed=seed,
            work_dir=str(tmp_path / 'job'),
            device='cpu',
        )
        return JobSpec(**dict(values, **changes))

    return make
