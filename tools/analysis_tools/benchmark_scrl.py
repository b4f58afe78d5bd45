"""Measure what SCRL costs beside BYOL, and RoIAlign by each library.

# the published ResNet-50, 4 images of two views
OMP_NUM_THREADS=1 python tools/analysis_tools/benchmark_scrl.py
OMP_NUM_THREADS=1 python tools/analysis_tools/benchmark_scrl.py \
    --config mmssl::scrl/ablations/scrl-r50__roi-fpn.py --batch-size 2

Both get one batch of generated photos, and take their steps in turns. Time is
CPU time on the CPU, wall time on a GPU; faster half of the steps. "Kept" is
what the forward pass keeps for the backward pass, weights apart: it grows with
the batch, all else does not. mmssl benchmark CONFIG --synthetic cuts a step
into parts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

from mmssl.engine import run_config
from mmssl.engine.profiling.measure import build_training
from mmssl.engine.profiling.memory import MIB
from mmssl.engine.profiling.step_memory import kept_bytes, step_peak_mib
from mmssl.engine.profiling.synthetic_data import use_synthetic_data
from mmssl.models.regions.roi_align import roi_align


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--config', default='mmssl::scrl/scrl_r50_32xb256-200ep_imagenet.py'
    )
    parser.add_argument(
        '--byol', default='mmssl::scrl/byol_r50_32xb256-200ep_imagenet.py'
    )
    parser.add_argument('--batch-size', type=int, default=4)
    parser.add_argument('--steps', type=int, default=6)
    parser.add_argument('--device', default='cpu')
    parser.add_argument(
        '--precision', default='fp32', choices=run_config.PRECISIONS
    )
    return parser.parse_args()


def seconds(run: Callable[[], Any], device: str) -> float:
    """Return the time of a call."""
    on_gpu = device.startswith('cuda')
    clock = time.perf_counter if on_gpu else time.process_time
    start = clock()
    run()
    if on_gpu:
        torch.cuda.synchronize()
    return clock() - start


def faster_half(times: list[float]) -> float:
    """Return the mean of the faster half."""
    return statistics.mean(sorted(times)[: (len(times) + 1) // 2])


def read_batch(cfg: Config) -> Any:
    """Return a batch of generated photos."""
    cfg.train_dataloader.update(num_workers=0, persistent_workers=False)
    with tempfile.TemporaryDirectory() as folder:
        use_synthetic_data(cfg.train_dataloader, Path(folder))
        return next(iter(Runner.build_dataloader(cfg.train_dataloader, 0)))


def print_steps(
    configs: dict[str, Config], batch: Any, args: argparse.Namespace
) -> None:
    """Measure the steps in turns."""
    device = torch.device(args.device)
    built = {
        name: build_training(one, args.device) for name, one in configs.items()
    }
    steps: dict[str, Callable[[], Any]] = {}
    for name, (model, wrapper) in built.items():
        steps[name] = lambda m=model, w=wrapper: m.train_step(batch, w)
        steps[name]()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(args.steps):
        for name, step in steps.items():
            times[name].append(seconds(step, args.device))
    print(f'{"step":8}{"ms":>10}{"peak, MiB":>12}{"kept, MiB per image":>22}')
    found = {}
    for name, (model, wrapper) in built.items():
        peak = step_peak_mib(steps[name], model, wrapper.optimizer, device)
        prepared = model.data_preprocessor(batch, True)
        kept = kept_bytes(
            lambda m=model, p=prepared: m(**p, mode='loss'), model
        )
        found[name] = (
            faster_half(times[name]) * 1e3,
            peak,
            kept / MIB / args.batch_size,
        )
        ms, mib, per_image = found[name]
        print(f'{name:8}{ms:10.0f}{mib:12.0f}{per_image:22.2f}')
    ratios = [a / b for a, b in zip(found['SCRL'], found['BYOL'])]
    print('{:8}{:10.3f}{:12.3f}{:22.4f}'.format('ratio', *ratios))


def print_roi_align(batch: Any, device: str, channels: int = 2048) -> None:
    """Measure RoIAlign on the last map, forward and backward."""
    views = batch['inputs']
    num, size = len(views[0]), views[0].shape[-1]
    rows = [
        torch.tensor([n, *box.tolist()])
        for n, sample in enumerate(batch['data_samples'])
        for box in sample.boxes[:, 0]
    ]
    boxes = torch.stack(rows).to(device)
    cells = -(-size // 32)
    x = torch.randn(num, channels, cells, cells, device=device)
    x.requires_grad_()
    print(f'\n{len(boxes)} boxes on {tuple(x.shape)}')
    for backend in ('torchvision', 'mmcv'):
        forward, backward = [], []
        try:
            for _ in range(7):
                kept: list[torch.Tensor] = []

                def run(kept: list = kept, name: Any = backend) -> None:
                    kept.append(roi_align(x, boxes, 32, backend=name))

                forward.append(seconds(run, device))
                total = kept[0].sum()
                backward.append(seconds(total.backward, device))
        except ImportError as error:
            print(f'{backend}: {error}')
            continue
        print(
            f'{backend:12}{faster_half(forward) * 1e3:8.2f} ms forward'
            f'{faster_half(backward) * 1e3:8.2f} ms backward'
        )


def main() -> None:
    """Measure and print."""
    args = parse_args()
    MMLogger.get_instance('benchmark_scrl', log_level='WARNING')
    configs = {
        'BYOL': run_config.load_config(args.byol),
        'SCRL': run_config.load_config(args.config),
    }
    for cfg in configs.values():
        run_config.set_precision(cfg, args.precision)
        cfg.model.online_probe = None  # it wants labels, and is no method's
    configs['SCRL'].train_dataloader.batch_size = args.batch_size
    init_default_scope('mmssl')
    batch = read_batch(configs['SCRL'])
    print(
        f'{Path(args.config).stem}, {args.batch_size} images, '
        f'{args.precision}, {args.device}, {torch.get_num_threads()} threads'
    )
    print_steps(configs, batch, args)
    print_roi_align(batch, args.device)


if __name__ == '__main__':
    main()
