from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from torch import nn

from mmssl.engine.hooks import FlowVisualizationHook
from mmssl.registry import HOOKS
from mmssl.visualization import flow_panel

SIZE = (224, 240)


def make_sample(index):
    rng = np.random.default_rng(index)
    gt = torch.from_numpy(rng.normal(size=(2, *SIZE))).float() * 3
    points = torch.from_numpy(rng.integers(0, SIZE, (5, 2)))
    sample = BaseDataElement(gt_flow=gt)
    sample.set_metainfo(dict(sample_idx=10 + index))
    return dict(
        inputs=dict(
            img=torch.from_numpy(
                rng.integers(0, 256, (3, *SIZE), dtype=np.uint8)
            ),
            guidance_points=points,
            guidance_vectors=gt[:, points[:, 0], points[:, 1]].T,
        ),
        data_samples=sample,
    )


class ToyModel(BaseModel):
    """Predicts half of the target."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, inputs, data_samples, mode='tensor'):
        if mode == 'loss':
            return dict(loss=self.weight.sum())
        for sample in data_samples:
            sample.pred_flow = 0.5 * sample.gt_flow
        return data_samples


def run(work_dir, train_iters=0, **hook):
    loader = dict(
        dataset=[make_sample(n) for n in range(5)],
        sampler=dict(type='DefaultSampler', shuffle=False),
        batch_size=2,
        num_workers=0,
        collate_fn=dict(type='pseudo_collate'),
    )
    runner = Runner(
        model=ToyModel(),
        work_dir=str(work_dir),
        experiment_name=f'hook_{work_dir.name}_{work_dir.parent.name}',
        default_scope='mmssl',
        log_level='ERROR',
        train_dataloader=loader if train_iters else None,
        train_cfg=dict(by_epoch=False, max_iters=train_iters, val_interval=1)
        if train_iters
        else None,
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1))
        if train_iters
        else None,
        val_dataloader=loader,
        val_cfg={},
        val_evaluator=dict(type='FlowMetric', print_table=False),
        visualizer=dict(
            type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
        ),
        custom_hooks=[dict(type='FlowVisualizationHook', **hook)],
    )
    if train_iters:
        runner.train()
    else:
        runner.val()
    return sorted(
        path.name for path in Path(work_dir).rglob('vis_image/*.png')
    )


def test_flow_visualization_hook__panels_on_disk(tmp_path):
    assert run(tmp_path, number=3) == [
        'val_flow_10_0.png',
        'val_flow_11_0.png',
        'val_flow_12_0.png',
    ]
    path = next(tmp_path.rglob('val_flow_11_0.png'))
    written = cv2.imread(str(path))[..., ::-1]
    sample = make_sample(1)
    gt = sample['data_samples'].gt_flow.permute(1, 2, 0).numpy()
    expected = flow_panel(
        sample['inputs']['img'].permute(1, 2, 0).numpy(),
        sample['inputs']['guidance_points'].numpy(),
        sample['inputs']['guidance_vectors'].numpy(),
        gt,
        0.5 * gt,
    )
    np.testing.assert_array_equal(written, expected)


def test_flow_visualization_hook__every_kth_image(tmp_path):
    assert run(tmp_path, number=2, every=2) == [
        'val_flow_10_0.png',
        'val_flow_12_0.png',
    ]


def test_flow_visualization_hook__interval_counts_validations(tmp_path):
    names = run(tmp_path, train_iters=3, number=1, interval=2)
    assert names == ['val_flow_10_1.png', 'val_flow_10_3.png']


def test_flow_visualization_hook__off_and_without_guidance(tmp_path):
    assert run(tmp_path, number=0) == []

    class Recorder:
        iter = 7

        def __init__(self):
            self.visualizer = self
            self.calls = []

        def add_image(self, name, image, step):
            self.calls.append((name, image.shape[2], step))

    sample = make_sample(0)
    output = sample['data_samples']
    output.pred_flow = output.gt_flow
    runner = Recorder()
    hook = FlowVisualizationHook()
    hook.before_test_epoch(runner)
    batch = dict(inputs=dict(img=[sample['inputs']['img']]))
    hook.after_test_iter(runner, 0, batch, [output])
    assert runner.calls == [('test_flow_10', 3, 7)]


def test_flow_visualization_hook__writes_on_the_main_process_only(
    monkeypatch,
):
    module = 'mmssl.engine.hooks.flow_visualization_hook.is_main_process'
    monkeypatch.setattr(module, lambda: False)
    hook = FlowVisualizationHook()
    # Touching the runner or the batch would raise.
    hook.before_val_epoch(None)
    hook.after_val_iter(None, 0, None, [object()])


@pytest.mark.parametrize(
    'wrong', [dict(number=-1), dict(every=0), dict(interval=0)]
)
def test_flow_visualization_hook__wrong_counts(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f'{name} must be >='):
        HOOKS.build(dict(type='FlowVisualizationHook', **wrong))
