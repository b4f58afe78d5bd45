"""Measure the input pipeline: CPU time per transform, start-up, memory.

Without arguments: the published AlexNet settings on generated 640x272 pairs.
With a config: its pipeline and its data; ``--list`` puts another list in the
place of the data. With ``--lines 10000000 --workers 4``: a list of that
length, indexed, and read by forked and by spawned workers.
"""

from __future__ import annotations

import argparse
import multiprocessing
import operator
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader

from mmssl.datasets import DrawSampler, FlowPairDataset
from mmssl.io.flow_files import write_flow_jpg_pair, write_jpg
from mmssl.registry import DATASETS
from mmssl.testing.toys import moving_pair

PUBLISHED_PIPELINE: list[dict] = [
    dict(type='LoadImageRGB'),
    dict(type='LoadFlow'),
    dict(type='ResizeCropImageFlow', short_size=416, size=384),
    dict(
        type='SampleGuidance',
        strategies=['grid', 'watershed'],
        bg_ratio=1.5625e-4,
        nms_size=41,
        max_points=150,
    ),
    dict(type='PackFlowInputs'),
]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', nargs='?', help='config; default: published')
    parser.add_argument('--split', default='train', choices=('train', 'val'))
    parser.add_argument('--list', help='list file instead of generated pairs')
    parser.add_argument('--data-root', default='', help='root of --list')
    parser.add_argument('--flow-file-type', default='jpg')
    parser.add_argument('--samples', type=int, default=200)
    parser.add_argument('--lines', type=int, help='measure a list of N lines')
    parser.add_argument('--workers', type=int, default=4)
    return parser.parse_args()


def write_pairs(folder: Path, count: int = 16, speed: float = 12.0) -> Path:
    """Write generated 640x272 pairs as jpgs and return their list.

    Args:
        folder: Existing folder.
        count: Number of pairs.
        speed: Speed of the moving disc, px.

    Returns:
        The list file; its paths are relative to ``folder``.
    """
    rng = np.random.default_rng(0)
    lines = []
    for i in range(count):
        frame0, frame1, flow = moving_pair(272, 640, rng, speed)
        names = [f'{i}_{part}.jpg' for part in ('0', '1', 'x', 'y')]
        for name, frame in zip(names, (frame0, frame1)):
            write_jpg(frame[..., ::-1], folder / name, 90)
        write_flow_jpg_pair(flow, folder / names[2], folder / names[3])
        lines.append(' '.join(names))
    path = folder / 'train.txt'
    path.write_text('\n'.join(lines) + '\n')
    return path


def build_dataset(args: argparse.Namespace, folder: Path) -> Any:
    """Build the dataset to measure: of a config, a list, or generated."""
    if args.config:
        config = Config.fromfile(args.config)
        dataset = config[f'{args.split}_dataloader'].dataset
        if not args.list:
            return DATASETS.build(dataset)
        pipeline = dataset.pipeline
    else:
        pipeline = PUBLISHED_PIPELINE
    return FlowPairDataset(
        args.list or write_pairs(folder).name,
        data_root=args.data_root if args.list else str(folder),
        flow_file_type=args.flow_file_type,
        pipeline=pipeline,
    )


def time_pipeline(dataset: Any, samples: int) -> dict[str, list[float]]:
    """Measure the CPU time of every step of every sample.

    Args:
        dataset: A dataset of this package.
        samples: Number of samples, taken in shuffled order.

    Returns:
        Seconds per sample, by step; 'get sample' is what the dataset does
        before the first transform.
    """
    transforms = dataset.pipeline.transforms
    names = ['get sample']
    names += [f'{i} {type(t).__name__}' for i, t in enumerate(transforms)]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    dataset.pipeline.transforms = []  # so that prepare_data stops there
    draws = iter(DrawSampler(dataset, seed=0))
    for i in range(samples + 10):
        results: Any = next(draws)
        for name, step in zip(names, [dataset.prepare_data, *transforms]):
            begin = time.process_time()
            results = step(results)
            if i >= 10:  # the first ones warm the caches
                seconds[name].append(time.process_time() - begin)
    dataset.pipeline.transforms = transforms
    return seconds


def print_times(seconds: dict[str, list[float]]) -> None:
    """Print the median of every step, and samples per second and core."""
    totals = [sum(sample) for sample in zip(*seconds.values())]
    print(f'{"step":<24}{"median ms":>10}{"p90 ms":>10}')
    for name, values in {**seconds, 'total': totals}.items():
        p90 = float(np.percentile(values, 90))
        median = statistics.median(values)
        print(f'{name:<24}{median * 1e3:>10.3f}{p90 * 1e3:>10.3f}')
    median = statistics.median(totals)
    mean = statistics.mean(totals)
    print(
        f'{1 / median:.0f} samples/s/core (median of {len(totals)} samples, '
        f'CPU time; {1 / mean:.0f} by the mean)'
    )


def write_lines(path: Path, lines: int) -> None:
    """Write a list of made-up paths, 116 bytes a line."""
    with open(path, 'w') as file:
        for i in range(lines):
            name = f'{i // 100:06d}/{i % 100:05d}.jpg'
            file.write(
                f'yfcc/frames/{name} yfcc/frames/{i // 100:06d}/'
                f'{i % 100 + 1:05d}.jpg yfcc/flow_x/{name} '
                f'yfcc/flow_y/{name}\n'
            )


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process in MiB (Linux)."""
    text = Path(f'/proc/{pid}/smaps_rollup').read_text()
    line = next(row for row in text.splitlines() if row.startswith('Pss:'))
    return int(line.split()[1]) / 1024


def measure_list(
    path: Path, workers: int, method: str
) -> tuple[float, float, float, int]:
    """Index a list, read it with workers, and weigh all processes.

    Args:
        path: List file.
        workers: Number of workers.
        method: 'fork' or 'spawn'.

    Returns:
        Seconds to build the dataset, PSS of the workers and of all
        processes in MiB, and entries read.
    """
    begin = time.perf_counter()
    dataset = FlowPairDataset(
        str(path), pipeline=[operator.itemgetter('source')]
    )
    start = time.perf_counter() - begin
    loader = DataLoader(
        dataset,
        batch_size=64,
        sampler=DrawSampler(dataset, seed=0),
        num_workers=workers,
        multiprocessing_context=method,
    )
    batches: Iterator[list[str]] = iter(loader)
    read = sum(len(next(batches)) for _ in range(50 * workers))
    pids = [child.pid for child in multiprocessing.active_children()]
    weights = [pss_mib(pid) for pid in pids if pid is not None]
    own = pss_mib(multiprocessing.current_process().pid or 0)
    del batches
    return start, sum(weights), sum(weights) + own, read


def benchmark_lists(folder: Path, lines: int, workers: int) -> None:
    """Print start-up time and memory for a tiny and a large list."""
    print(
        f'{"lines":>10} {"method":>7} {"start s":>8} {"workers MiB":>12} '
        f'{"all MiB":>8}   (PSS, {workers} workers)'
    )
    for count in (1000, lines):
        path = folder / f'{count}.txt'
        write_lines(path, count)
        for method in ('fork', 'spawn'):
            start, kids, both, _ = measure_list(path, workers, method)
            print(
                f'{count:>10} {method:>7} {start:>8.2f} {kids:>12.0f} '
                f'{both:>8.0f}'
            )


def main() -> None:
    """Run one of the two measurements."""
    args = parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        if args.lines:
            benchmark_lists(Path(name), args.lines, args.workers)
        else:
            dataset = build_dataset(args, Path(name))
            print_times(time_pipeline(dataset, args.samples))


if __name__ == '__main__':
    main()
