from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from mmssl.datasets.transforms import (
    MultiViewGeometry,
    PackViews,
    RandomResizedCropView,
    SampleBoxPairs,
)
from mmssl.engine.hooks import ViewVisualizationHook
from mmssl.registry import HOOKS
from mmssl.testing.toys import textured_image
from mmssl.visualization.view_samples import view_sample_panel


def make_sample(index):
    rng = np.random.default_rng(index)
    crop = RandomResizedCropView(48, scale=(0.7, 1))
    sample = dict(
        img=textured_image(60, 70, rng), rng=rng, sample_idx=10 + index
    )
    for step in (
        MultiViewGeometry(views=[[crop], [crop]]),
        SampleBoxPairs(num_boxes=2, min_size=16),
        PackViews(),
    ):
        sample = step(sample)
    return sample


class ToyModel(BaseModel):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, inputs, data_samples, mode='tensor'):
        return dict(loss=self.weight.sum())


def run(work_dir, iterations, collate, **hook):
    runner = Runner(
        model=ToyModel(),
        work_dir=str(work_dir),
        experiment_name=f'views_{work_dir.name}',
        default_scope='mmssl',
        log_level='ERROR',
        train_dataloader=dict(
            dataset=[make_sample(n) for n in range(3)],
            sampler=dict(type='DefaultSampler', shuffle=False),
            batch_size=3,
            num_workers=0,
            collate_fn=dict(type=collate),
        ),
        train_cfg=dict(by_epoch=False, max_iters=iterations),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        visualizer=dict(
            type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
        ),
        custom_hooks=[dict(type='ViewVisualizationHook', **hook)],
    )
    runner.train()
    return {
        path.name: path for path in Path(work_dir).rglob('vis_image/*.png')
    }


@pytest.mark.parametrize('collate', ['default_collate', 'pseudo_collate'])
def test_hook__pictures_on_disk(tmp_path, collate):
    written = run(tmp_path, 4, collate, number=2, interval=3)
    assert sorted(written) == [
        *('train_views_0_0.png', 'train_views_0_3.png'),
        *('train_views_1_0.png', 'train_views_1_3.png'),
    ]
    sample = make_sample(1)
    expected = view_sample_panel(
        sample['inputs'], sample['data_samples'], '#11'
    )
    picture = cv2.imread(str(written['train_views_1_0.png']))[..., ::-1]
    np.testing.assert_array_equal(picture, expected)


class Recorder:
    def __init__(self, iteration):
        self.iter = iteration
        self.visualizer = self
        self.calls = []

    def add_image(self, name, image, step):
        self.calls.append((name, step))


def batch_of_one():
    sample = make_sample(0)
    return dict(
        inputs=[view[None] for view in sample['inputs']],
        data_samples=[sample['data_samples']],
    )


def test_hook__a_resumed_run_shows_its_first_batch():
    hook = ViewVisualizationHook(number=3, interval=10)
    batch, calls = batch_of_one(), []
    hook.before_train(None)
    for iteration in range(7, 22):
        runner = Recorder(iteration)
        hook.before_train_iter(runner, 0, batch)
        calls += runner.calls
    assert calls == [('train_views_0', step) for step in (7, 10, 20)]


def test_hook__off_and_on_the_main_process_only(monkeypatch):
    hook = ViewVisualizationHook(number=0)
    # Touching the visualizer or the batch would raise.
    hook.before_train_iter(Recorder(0), 0, None)
    module = 'mmssl.engine.hooks.view_visualization_hook.is_main_process'
    monkeypatch.setattr(module, lambda: False)
    ViewVisualizationHook().before_train_iter(Recorder(0), 0, None)


def test_hook__batches_without_views():
    with pytest.raises(ValueError, match='type Tensor: end the pipeline'):
        ViewVisualizationHook().before_train_iter(
            Recorder(0), 0, dict(inputs=torch.zeros(1, 3, 4, 4))
        )


@pytest.mark.parametrize('wrong', [dict(number=-1), dict(interval=0)])
def test_hook__wrong_counts(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f'{name} must be >='):
        HOOKS.build(dict(type='ViewVisualizationHook', **wrong))
