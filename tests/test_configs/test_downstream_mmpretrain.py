"""Classification at full size: models, stub of ImageNet, recipes."""

import copy
from functools import cache
from pathlib import Path

import cv2
import mmpretrain
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS, METRICS, MODELS, PARAM_SCHEDULERS

from mmssl.testing.configs import changed_keys

pytestmark = [pytest.mark.downstream, pytest.mark.slow]
CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
ROOT = CONFIGS / 'downstream' / 'mmpretrain'
LINEAR, TUNED = 'r50-linear_32xb128-80e_in1k', 'r50-finetune_8xb256-300e_in1k'
SWIN_LINEAR = 'swin-t-linear_8xb128-90e_in1k'
SWIN_TUNED = 'swin-t-finetune_8xb256-100e_in1k'
# by its path: 'mmpretrain::' reads all metafiles, which takes seconds
HOST = Path(mmpretrain.__file__).parent / '.mim' / 'configs'
FILE = 'model.backbone.init_cfg.checkpoint'
# mmpretrain's own config, and what is changed of it
CHANGED = {
    LINEAR: (
        'byol/benchmarks/resnet50_8xb512-linear-coslr-90e_in1k.py',
        {
            *(FILE, 'model.backbone.init_cfg.prefix', 'auto_scale_lr'),
            *(f'optim_wrapper.optimizer.{k}' for k in ('lr', 'nesterov')),
            *(
                f'param_scheduler.CosineAnnealingLR.{key}'
                for key in ('T_max', 'begin', 'convert_to_iter_based', 'end')
            ),
            *('param_scheduler.LinearLR', 'train_dataloader.batch_size'),
            *(f'train_cfg.{key}' for key in ('max_epochs', 'val_interval')),
            'train_dataloader.dataset.pipeline.RandomResizedCrop'
            '.interpolation',
            *(
                f'{stage}_dataloader.dataset.pipeline.ResizeEdge.interpolation'
                for stage in ('val', 'test')
            ),
        },
    ),
    TUNED: (
        'spark/benchmarks/resnet50_8xb256-coslr-300e_in1k.py',
        {FILE, 'model.backbone.init_cfg.prefix'},
    ),
    SWIN_LINEAR: (
        'mocov3/benchmarks/vit-small-p16_8xb128-linear-coslr-90e_in1k.py',
        {'model.backbone', 'model.head', 'model.neck'},
    ),
    SWIN_TUNED: (
        'simmim/benchmarks/swin-base-w7_8xb256-coslr-100e_in1k.py',
        {
            *('model.backbone.arch', 'model.backbone.pad_small_map', FILE),
            'model.head.in_channels',
        },
    ),
}
each = pytest.mark.parametrize('name', CHANGED)


@cache
def load(name):
    return Config.fromfile(ROOT / f'{name}.py')


@pytest.fixture(autouse=True)
def no_random_weights(monkeypatch):
    """Weights are not looked at; drawing them takes most of the time."""
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


def test_names__each_has_its_row():
    assert {path.stem for path in ROOT.glob('*.py')} == set(CHANGED)


def _plain(node):
    """Return plain data, without the scope that mmengine notes in it."""
    if isinstance(node, dict):
        return {k: _plain(v) for k, v in node.items() if k != '_scope_'}
    if isinstance(node, (list, tuple)):
        return [_plain(item) for item in node]
    return node


@each
def test_config__nothing_else_of_the_hosts_is_changed(name):
    host, changed = CHANGED[name]
    before = _plain(Config.fromfile(HOST / host).to_dict())
    found = changed_keys(before, _plain(load(name).to_dict()))
    assert found == changed | {'benchmark'}


@each
def test_model__builds_and_only_tuned_ones_learn_features(name):
    init_default_scope('mmpretrain')
    cfg = copy.deepcopy(load(name).model.to_dict())
    init = cfg['backbone'].pop('init_cfg')
    # names as mmssl export writes them
    assert init == dict(
        type='Pretrained',
        checkpoint='backbone.pth',
        **(dict(prefix='backbone.') if 'swin' in name else {}),
    )
    cfg['backbone'].pop('norm_cfg', None)  # SyncBN runs on GPUs alone
    model = MODELS.build(cfg).train()
    learns = {n for n, p in model.named_parameters() if p.requires_grad}
    head = {n for n, _ in model.named_parameters() if n.startswith('head.')}
    assert head
    if 'linear' in name:
        assert learns == head
        norms = [
            m
            for m in model.backbone.modules()
            if isinstance(m, torch.nn.BatchNorm2d)
        ]
        assert not any(m.training for m in norms)
        assert len(norms) == (53 if 'r50' in name else 0)
    else:
        everything = {n for n, _ in model.named_parameters()}
        assert learns == everything
    with torch.no_grad():
        features = model.eval().extract_feat(torch.zeros(1, 3, 224, 224))
        logits = model.head(features)
    assert logits.shape == (1, 1000)


def test_swin__maps_are_padded_as_in_pretraining():
    for name in (SWIN_LINEAR, SWIN_TUNED):
        assert load(name).model.backbone.pad_small_map
    ours = Config.fromfile(CONFIGS / '_base_' / 'models' / 'dino_swin.py')
    assert ours.model.backbone.get('pad_small_map', True)


def test_linear__scrl_s_recipe():
    cfg = load(LINEAR)
    assert cfg.optim_wrapper.optimizer == dict(
        type='LARS', lr=3.2, momentum=0.9, weight_decay=0.0, nesterov=True
    )
    ours = Config.fromfile(
        CONFIGS / 'probes' / 'linear_r50_32xb128-80e_in1k.py'
    )
    for key in ('lr', 'momentum', 'weight_decay', 'nesterov'):
        wanted = ours.optim_wrapper.optimizer[key]
        assert cfg.optim_wrapper.optimizer[key] == wanted
    assert cfg.train_cfg.max_epochs == ours.train_cfg.max_epochs == 80
    assert cfg.train_cfg.val_interval == 5
    assert cfg.train_dataloader.batch_size == 128
    assert cfg.auto_scale_lr.base_batch_size == 32 * 128
    init_default_scope('mmpretrain')
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=3.2)
    per_epoch = 4
    schedulers = []
    for one in copy.deepcopy(cfg.param_scheduler):
        assert one.pop('convert_to_iter_based')
        kind = PARAM_SCHEDULERS.get(one.pop('type'))
        schedulers.append(
            kind.build_iter_from_epoch(
                optimizer=optimizer, epoch_length=per_epoch, **one
            )
        )
    for i in range(80 * per_epoch):
        lr = optimizer.param_groups[0]['lr']
        epoch = i / per_epoch
        if epoch < 5:
            want = 3.2 * i / (5 * per_epoch - 1)
        else:
            want = 1.6 * (1 + np.cos(np.pi * (epoch - 5) / 75))
        assert lr == pytest.approx(want, abs=0.04)
        optimizer.step()
        for made in schedulers:
            made.step()


@each
def test_data__on_a_stub_of_imagenet(name, tmp_path, monkeypatch):
    image = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    for split in ('train', 'val'):
        lines = []
        for label, folder in enumerate(('n01440764', 'n01443537')):
            path = tmp_path / 'data/imagenet' / split / folder / 'a.JPEG'
            path.parent.mkdir(parents=True)
            cv2.imwrite(str(path), image)
            lines.append(f'{folder}/a.JPEG {label}\n')
        meta = tmp_path / 'data/imagenet/meta'
        meta.mkdir(exist_ok=True)
        (meta / f'{split}.txt').write_text(''.join(lines))
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmpretrain')
    cfg = copy.deepcopy(load(name))
    for stage in ('train', 'val', 'test'):
        dataset = DATASETS.build(cfg[f'{stage}_dataloader'].dataset)
        assert len(dataset) == 2
        sample = dataset[1]
        assert sample['inputs'].shape == (3, 224, 224)
        assert sample['data_samples'].gt_label.tolist() == [1]
    METRICS.build(cfg.val_evaluator)
