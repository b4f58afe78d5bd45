"""Measure what looking for nan costs: CPU time, on one batch of noise."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmpretrain.structures import DataSample

from mmssl.engine.step_guard import StepGuard
from mmssl.engine.step_window import StepWindow
from mmssl.registry import MODELS


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of a config of CMP')
    parser.add_argument('--batch', type=int, default=2, help='images')
    parser.add_argument('--size', type=int, default=224, help='px')
    parser.add_argument('--steps', type=int, default=5, help='the first, too')
    return parser.parse_args()


def noise(count: int, size: int) -> dict[str, Any]:
    """Return a batch as the loader would give it."""
    draw = torch.Generator().manual_seed(0)
    inputs: dict[str, list] = {
        'img': [],
        'guidance_points': [],
        'guidance_vectors': [],
    }
    samples = []
    for _ in range(count):
        img = torch.randint(0, 256, (3, size, size), generator=draw)
        inputs['img'].append(img.to(torch.uint8))
        points = torch.randint(0, size, (20, 2), generator=draw)
        inputs['guidance_points'].append(points)
        inputs['guidance_vectors'].append(torch.ones(20, 2))
        sample = DataSample()
        sample.gt_flow = torch.ones(2, size, size)
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def main() -> int:
    """Measure and print one line."""
    args = parse_args()
    torch.set_num_threads(1)
    cfg = Config.fromfile(args.config)
    init_default_scope(cfg.get('default_scope', 'mmssl'))
    model = MODELS.build(cfg.model).train()
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    window, batch = StepWindow(model), noise(args.batch, args.size)
    measuring, opening, steps = [], [], []

    def decide(guard: StepGuard) -> bool:
        start = time.process_time()
        guard.measure()
        measuring.append(time.process_time() - start)
        return True

    StepGuard(wrapper, decide).install()
    for number in range(args.steps):
        start = time.process_time()
        window.open(number, batch)
        opened = time.process_time()
        model.train_step(batch, wrapper)
        steps.append(time.process_time() - opened)
        opening.append(opened - start)
        window.clear()
    guard = statistics.median(measuring) + statistics.median(opening)
    step = statistics.median(steps)
    print(
        f'step {step * 1e3:.0f} ms, guard {guard * 1e3:.1f} ms, '
        f'{guard / step:.2%}'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
