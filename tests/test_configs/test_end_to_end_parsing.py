"""Segmentation probes on the spine: the small config, and in pretraining."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmpretrain.models.backbones import ResNet

from mmssl.engine.launch import train
from mmssl.testing.toy_people import PARTS, make_toy_people

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'probes'
NET = dict(depth=18, base_channels=8, stem_channels=8)
pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    """Toy people, two lists of them, and a random backbone."""
    folder = make_toy_people(tmp_path_factory.mktemp('people'), n=12)
    names = [f'{i:04d}\n' for i in range(12)]
    (folder / 'train.txt').write_text(''.join(names[:8]))
    (folder / 'val.txt').write_text(''.join(names[8:]))
    torch.manual_seed(0)
    torch.save(ResNet(**NET).state_dict(), folder / 'net.pth')
    return folder


def test_config__moves_the_head_alone(people, tmp_path):
    cfg = Config.fromfile(FOLDER / 'parsing_r18_1xb32-20e_people.py')
    cfg.model.backbone.update(NET)
    cfg.model.backbone.init_cfg.update(
        checkpoint=str(people / 'net.pth'), prefix=None
    )
    cfg.model.head.update(num_classes=len(PARTS), in_channels=64)
    for loader in (
        cfg.train_dataloader,
        cfg.val_dataloader,
        cfg.test_dataloader,
    ):
        loader.update(num_workers=0, persistent_workers=False, batch_size=4)
        loader.dataset.update(
            data_root=str(people), groups=None, mask_root='masks'
        )
        for step in loader.dataset.pipeline:
            if 'size' in step:
                step.size = (64, 32)
    cfg.train_cfg.update(max_epochs=2, val_interval=1)
    cfg.param_scheduler[0].update(end=2, warmup=0)
    cfg.default_hooks.logger.interval = 1
    runner = train(cfg, work_dir=str(tmp_path))
    state = torch.load(people / 'net.pth')
    for name, value in runner.model.backbone.state_dict().items():
        assert torch.equal(value, state[name]), name
    (log,) = tmp_path.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    found = [line for line in lines if 'parsing/miou' in line]
    assert len(found) == 2
    assert found[0]['parsing/classes'] == 4
    assert found[0]['parsing/pixel_accuracy'] > 20
    losses = [line['loss'] for line in lines if 'loss' in line]
    assert losses[-1] < losses[0]


def test_hook__measures_while_pretraining(people, tmp_path):
    pipeline = [
        dict(type='LoadImageRGB'),
        dict(type='ResizeView', size=(64, 32)),
        dict(type='PackMasks'),
    ]

    def loader(indices):
        dataset = dict(
            type='ImageMasks',
            data_root=str(people),
            img_root='images',
            mask_root='masks',
            classes='labels.json',
            test_mode=True,
            pipeline=pipeline,
            indices=indices,
        )
        return dict(batch_size=4, dataset=dataset)

    both = dict(bank_loader=loader(8), loader=loader(-4))
    cfg = Config.fromfile(FOLDER / 'parsing_r18_1xb32-20e_people.py')
    cfg.model.backbone = dict(type='SemanticResNet', **NET)
    cfg.model.head.update(num_classes=len(PARTS), in_channels=64)
    cfg.train_dataloader.update(
        num_workers=0, persistent_workers=False, batch_size=4
    )
    cfg.train_dataloader.dataset.update(
        data_root=str(people), groups=None, mask_root='masks'
    )
    cfg.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1)
    cfg.param_scheduler[0].update(end=1, warmup=0)
    for kind in ('val', 'test'):
        for part in ('dataloader', 'evaluator', 'cfg'):
            cfg[f'{kind}_{part}'] = None
    cfg.custom_hooks = [
        dict(
            type='ProbeHook',
            probes=[
                dict(type=kind, semantic_weights=[0.0, 1.0], **both)
                for kind in ('DenseKnnProbe', 'DenseLinearProbe')
            ],
        )
    ]
    train(cfg, work_dir=str(tmp_path))
    (text,) = tmp_path.glob('*/*.log')
    told = text.read_text()
    for name in ('knn_w0', 'knn_w1', 'linear_w1', 'linear_position'):
        assert told.count(f'parsing_{name}_miou ') == 2, name
