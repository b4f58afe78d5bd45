"""What the configs of SOLIDER set, and how they go on from DINO."""

import functools
import inspect
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmssl.engine.runner import ExactRunner
from mmssl.models.algorithms import SOLIDER
from mmssl.testing.configs import changed_keys, shrink_config
from mmssl.testing.toy_images import make_toy_images

FOLDER = Path(__file__).resolve().parents[2] / 'configs'
# Switches of the published code, one by one, and of the paper.
PUBLISHED = dict(
    train_semantic_head=False,
    tokens='normed',
    mask_part='batch',
    semantic_weight_distribution='binary',
    alpha=None,
    semantic_mean='all',
    semantic_loss_weight=1.0,
)
PAPER = dict(PUBLISHED, train_semantic_head=True, mask_part='image', alpha=0.5)
LUPERSON = sorted((FOLDER / 'solider').glob('*luperson*.py'))
OTHERS = sorted(set((FOLDER / 'solider').glob('*.py')) - set(LUPERSON))


@functools.cache
def load(name):
    return Config.fromfile(FOLDER / f'{name}.py')


def switches(model):
    return {key: model[key] for key in PUBLISHED}


@pytest.mark.parametrize('path', LUPERSON, ids=lambda p: p.stem)
def test_luperson__switches_of_the_published_code(path):
    model = Config.fromfile(path).model
    assert switches(model) == PUBLISHED
    assert model.semantic_head == dict(
        type='DINONeck',
        in_channels=model.neck.in_channels,
        hid_channels=2048,
        bottleneck_channels=256,
        num_prototypes=4,
        num_layers=3,
        norm_last_layer=True,
        use_bn=False,
    )
    assert model.part_labels == dict(
        type='PartLabels', num_parts=3, foreground=True, min_foreground=0.5
    )
    assert model.backbone.semantic_weight == 0.0
    assert model.backbone.strides == (4, 2, 2, 2)
    tall = path.stem.endswith('384x128')
    assert model.backbone.img_size == ((384, 128) if tall else (256, 128))


@pytest.mark.parametrize('path', OTHERS, ids=lambda p: p.stem)
def test_others__switches_of_the_paper(path):
    model = Config.fromfile(path).model
    assert switches(model) == PAPER
    assert model.semantic_head == dict(
        type='SemanticHead',
        in_channels=model.neck.in_channels,
        num_classes=4,
        num_blocks=3,
    )
    assert model.part_labels.num_parts == 3


def test_paper__is_what_the_class_has_by_default():
    parameters = inspect.signature(SOLIDER).parameters
    assert {key: parameters[key].default for key in PAPER} == PAPER


@pytest.mark.parametrize(
    ('solider', 'dino'),
    [
        *(
            (
                f'solider_swin-{a}_8xb48-10ep_from-dino_luperson{px}',
                f'dino_swin-{a}_8xb48-100ep_luperson{px}',
            )
            for a in 'tsb'
            for px in ('', '-384x128')
        ),
        (
            'solider_swin-t_1xb64-10ep_from-dino_people',
            'dino_swin-t_1xb64-100ep_people',
        ),
        ('solider_swin_cpu-from-dino', 'dino_swin_cpu-demo'),
    ],
)
def test_from_dino__reads_the_last_epoch_of_a_run_of_the_same_networks(
    solider, dino
):
    after, before = load(f'solider/{solider}'), load(f'dino/{dino}')
    epochs = before.train_cfg.max_epochs
    assert after.load_from == f'work_dirs/{dino}/epoch_{epochs}.pth'
    assert after.custom_hooks == [
        dict(type='StartWithoutHook', parts=['head'])
    ]
    for part in ('backbone', 'neck', 'head', 'data_preprocessor'):
        assert after.model[part] == before.model[part]
    changed = changed_keys(before, after)
    shared = {
        key
        for key in changed
        if key.startswith(('train_dataloader', 'default_hooks'))
    }
    assert shared == {'default_hooks.parts'}
    # the first epoch holds the last layer again, as published
    assert after.default_hooks.last_layer.epochs == 1
    assert epochs % before.default_hooks.checkpoint.interval == 0


def small(name, images, work_dir):
    """Shrink a config of a CPU's size further."""
    cfg = shrink_config(load(name), images, work_dir, size=64)
    cfg.model.backbone.arch = dict(
        embed_dims=32, depths=[1, 1, 1], num_heads=[1, 2, 4]
    )
    for part in ('neck', 'semantic_head'):
        if part in cfg.model:
            cfg.model[part].in_channels = 128
    cfg.model.neck.update(hid_channels=32, num_prototypes=64)
    cfg.model.head.num_prototypes = 64
    cfg.experiment_name = f'solider_recipes_{name.replace("/", "_")}'
    cfg.log_level = 'ERROR'
    cfg.default_hooks.hub = dict(type='PlainMessageHubHook')
    return cfg


@pytest.fixture
def _scope():
    with DefaultScope.overwrite_default_scope('mmssl'):
        yield


@pytest.mark.slow
@pytest.mark.usefixtures('_scope')
def test_from_dino__a_run_starts_where_dino_ended(tmp_path):
    images = make_toy_images(
        tmp_path / 'images', n=4, size=((90, 50), (80, 40)), classes=2
    )
    cfg = small('dino/dino_swin_cpu-demo', images, tmp_path / 'dino')
    dino = ExactRunner.from_cfg(cfg)
    dino.train()
    weights = dino.model.state_dict()
    assert weights['head.center'].abs().max() > 0
    cfg = small('solider/solider_swin_cpu-from-dino', images, tmp_path / 's')
    cfg.load_from = str(tmp_path / 'dino' / 'epoch_2.pth')
    solider = ExactRunner.from_cfg(cfg)
    solider.load_or_resume()
    started = solider.model.state_dict()
    for name, value in weights.items():
        if name.startswith('head.'):
            assert started[name].abs().max() == 0
        else:
            assert torch.equal(started[name], value), name
    assert set(started) - set(weights) == {
        name for name in started if name.startswith('semantic_head.')
    }
    solider.train()
    assert solider.epoch == 2
    assert solider.model.head.center.abs().max() > 0
    losses = solider.message_hub.get_scalar('train/loss').data[0]
    assert len(losses) == 2
    assert all(loss > 0 for loss in losses)
