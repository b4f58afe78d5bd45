import copy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import BaseDataElement

from mmssl.engine.hooks import PartVisualizationHook
from mmssl.engine.runner import ExactRunner
from mmssl.registry import HOOKS, MODELS
from mmssl.testing.toy_people import toy_person
from mmssl.visualization.token_pca import token_pca_panel

SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
    strides=(4, 2, 2, 1),
    window_size=4,
    drop_path_rate=0.3,
)
RESNET = dict(type='ResNet', depth=18, base_channels=8)  # batch norm


def model_config(method, backbone):
    config = dict(
        type=method,
        backbone=dict(backbone),
        neck=dict(
            type='DINONeck',
            in_channels=64,
            hid_channels=16,
            bottleneck_channels=8,
            num_prototypes=32,
        ),
        head=dict(type='DINOHead', num_prototypes=32),
    )
    if method == 'SOLIDER':
        config['part_labels'] = dict(type='PartLabels', min_foreground=0.1)
        config['semantic_head'] = dict(
            type='SemanticHead', in_channels=64, num_classes=4
        )
    return config


def make_sample(n):
    views = [
        toy_person(size, np.random.default_rng([n, v])).image
        for v, size in enumerate([(128, 64), (128, 64), (64, 32)])
    ]
    return dict(
        inputs=[torch.from_numpy(v.transpose(2, 0, 1).copy()) for v in views],
        data_samples=BaseDataElement(metainfo=dict(sample_idx=n)),
    )


def train(work_dir, method, backbone, hooks, iterations=4):
    torch.manual_seed(0)
    runner = ExactRunner(
        model=copy.deepcopy(model_config(method, backbone)),
        work_dir=str(work_dir),
        experiment_name=f'parts_{work_dir.name}',
        default_scope='mmssl',
        log_level='ERROR',
        randomness=dict(seed=5),
        train_dataloader=dict(
            dataset=[make_sample(n) for n in range(6)],
            sampler=dict(type='DefaultSampler', shuffle=True),
            batch_size=3,
            num_workers=0,
            collate_fn=dict(type='default_collate'),
        ),
        train_cfg=dict(by_epoch=False, max_iters=iterations),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(
            checkpoint=None, teacher=dict(type='MomentumTeacherHook')
        ),
        visualizer=dict(
            type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
        ),
        custom_hooks=hooks,
    )
    runner.train()
    pictures = {
        path.name: path for path in Path(work_dir).rglob('vis_image/*.png')
    }
    return runner, pictures


HOOK = dict(type='PartVisualizationHook', number=2, interval=3)


@pytest.mark.parametrize(
    ('method', 'backbone'),
    [
        pytest.param('SOLIDER', SWIN, id='solider-swin'),
        pytest.param('DINO', SWIN, id='dino-swin', marks=pytest.mark.slow),
        pytest.param('DINO', RESNET, id='dino-rn', marks=pytest.mark.slow),
        pytest.param('SOLIDER', RESNET, id='sol-rn', marks=pytest.mark.slow),
    ],
)
def test_hook__the_training_does_not_notice(tmp_path, method, backbone):
    """To the bit: weights, batch statistics, centre, random states."""
    one, pictures = train(tmp_path / 'with', method, backbone, [HOOK])
    drawn = torch.rand(3), np.random.rand(3)
    two, none = train(tmp_path / 'without', method, backbone, [])
    again = torch.rand(3), np.random.rand(3)
    names = ['train_token_pca']
    if method == 'SOLIDER':
        names += ['train_parts', 'train_masked']
    assert sorted(pictures) == sorted(
        f'{n}_{i}.png' for n in names for i in (0, 3)
    )
    assert not none
    assert torch.equal(drawn[0], again[0])
    np.testing.assert_array_equal(drawn[1], again[1])
    other = two.model.state_dict()
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, other[name]), name
    modes = [
        [part.training for part in runner.model.modules()]
        for runner in (one, two)
    ]
    assert modes[0] == modes[1]
    picture = cv2.imread(str(pictures['train_token_pca_0.png']))
    assert picture.std() > 10


def test_hook__draws_the_teachers_features(tmp_path):
    from mmssl.engine.teacher_pictures import teacher_maps

    hook = PartVisualizationHook(number=3)
    model = MODELS.build(model_config('DINO', dict(SWIN)))
    images = torch.stack([make_sample(n)['inputs'][0] for n in range(3)])
    found = hook.pictures(model, images)
    maps, weights = teacher_maps(model, images, (0, 0.5, 1))
    shown = [*images.permute(0, 2, 3, 1).numpy()]
    np.testing.assert_array_equal(
        found['train_token_pca'], token_pca_panel(shown, [*maps], weights)
    )
    assert [*found] == ['train_token_pca']


def test_hook__leaves_no_gradients_and_none_are_lost():
    hook = PartVisualizationHook()
    model = MODELS.build(model_config('SOLIDER', dict(SWIN)))
    for value in model.parameters():
        value.grad = torch.ones_like(value) if value.requires_grad else None
    images = torch.stack([make_sample(n)['inputs'][0] for n in range(2)])
    pictures = hook.pictures(model, images)
    for value in model.parameters():
        if value.requires_grad:
            assert (value.grad == 1).all()
        else:
            assert value.grad is None
    assert len(pictures) == 3
    # no copies are cut, no picture of them
    model.mask_part = None
    assert 'train_masked' not in hook.pictures(model, images)


def test_hook__features_that_are_nan_stop_nothing(caplog):
    hook = PartVisualizationHook()
    model = MODELS.build(model_config('SOLIDER', dict(SWIN)))
    torch.nn.init.constant_(model.teacher.backbone.norm3.weight, np.nan)
    images = torch.stack([make_sample(n)['inputs'][0] for n in range(2)])
    pictures = hook.pictures(model, images)
    assert 'train_token_pca' not in pictures
    assert 'train_parts' in pictures


class Recorder:
    def __init__(self, iteration, model):
        self.iter, self.model = iteration, model
        self.visualizer = self
        self.calls = []

    def add_image(self, name, image, step):
        self.calls.append((name, step))


def test_hook__resumed_off_and_on_the_main_process_only(monkeypatch):
    model = MODELS.build(model_config('DINO', dict(SWIN)))
    views = [view[None] for view in make_sample(0)['inputs']]
    hook, calls = PartVisualizationHook(interval=10), []
    hook.before_train(Recorder(0, model))
    for iteration in range(7, 22):
        runner = Recorder(iteration, model)
        hook.before_train_iter(runner, 0, dict(inputs=views))
        calls += runner.calls
    assert [step for _, step in calls] == [7, 10, 20]
    # touching the batch would raise
    off = PartVisualizationHook(number=0)
    off.before_train(Recorder(0, torch.nn.Linear(1, 1)))
    off.before_train_iter(Recorder(0, model), 0, None)
    module = 'mmssl.engine.hooks.part_visualization_hook.is_main_process'
    monkeypatch.setattr(module, lambda: False)
    PartVisualizationHook().before_train_iter(Recorder(0, model), 0, None)


def test_hook__mistakes():
    for wrong, match in (
        (dict(number=-1), 'number must be >= 0'),
        (dict(interval=0), 'interval must be >= 1'),
        (dict(semantic_weights=()), 'one lambda or more'),
        (dict(semantic_weights=(0, 2)), r'in \[0, 1\]'),
    ):
        with pytest.raises(ValueError, match=match):
            HOOKS.build(dict(type='PartVisualizationHook', **wrong))
    hook = PartVisualizationHook()
    with pytest.raises(ValueError, match='Linear has none: leave the hook'):
        hook.before_train(Recorder(0, torch.nn.Linear(1, 1)))
    with pytest.raises(ValueError, match='type Tensor: end the pipeline'):
        hook.before_train_iter(
            Recorder(0, None), 0, dict(inputs=torch.ones(1))
        )
