"""A report as the profile of a GPU-less machine writes it."""

from __future__ import annotations

import copy

import pytest

from mmssl.engine.profiling.clocks import Span
from mmssl.engine.profiling.step_recorder import Label
from mmssl.engine.profiling.step_times import step_report

NET = Label('forward', 'backbone', 'backbone')
BACK = Label('backward', 'backbone', 'backbone')
LOSS = Label('forward', 'head.loss_module', 'method')


def make_report():
    step = {NET: Span(0.2, 0.1), BACK: Span(0.4, 0.2), LOSS: Span(0.2, 0.1)}
    return dict(
        format=1,
        date='2026-01-01T00:00:00+00:00',
        config=dict(
            name='net',
            batch_size=2,
            inputs=[[2, 3, 64, 64]],
            workers=2,
            threads=1,
            data='synthetic',
            precision='float32',
            speed=dict(channels_last=True),
        ),
        machine=dict(processor='A processor', cores=2, gpu=None),
        versions=dict(torch='2.11.0'),
        settings=dict(device='cpu'),
        pipeline=dict(
            ms={'get sample': 1.0, '0 Load': 3.0, 'all': 4.0},
            images_per_s_per_core=250.0,
        ),
        loop=dict(
            iteration_ms=1000, wait_ms=200, wait_share=0.2, images_per_s=2.0
        ),
        step=dict(step_report(step, 0.2), images_per_s=5.0),
        bound=dict(step_report({NET: Span(0.1, 0.1)}), images_per_s=20.0),
        memory_mib=512.0,
        step_memory_mib=128.0,
        flops_per_image=3e9,
        peak_flops=None,
        mfu=None,
        mfu_bound=None,
    )


@pytest.fixture
def report():
    return make_report()


@pytest.fixture
def gpu_report(report):
    found = copy.deepcopy(report)
    found['settings']['device'] = 'cuda'
    found['machine']['gpu'] = 'NVIDIA T4'
    found.update(peak_flops=65e12, mfu=0.25, mfu_bound=0.5)
    for part in ('step', 'bound'):
        found[part]['clock'] = 'stream time'
    return found
