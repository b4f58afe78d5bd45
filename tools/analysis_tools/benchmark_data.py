"""Measure the input pipeline: CPU time per transform, start-up, memory.

Without arguments: the published AlexNet settings on generated 640x272 pairs.
With a config: its pipeline and its data; ``--list`` puts another list in the
place of the data. With ``--lines 10000000 --workers 4``: a list of that
length, indexed, and read by forked and by spawned workers; with ``--images``
one of image names, as of LUPerson (``--lines 4180000``), and not of pairs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import operator
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader

from mmssl.datasets import DrawSampler, FlowPairDataset, ImageFolder
from mmssl.engine.profiling.pipeline_times import (
    pipeline_table,
    time_pipeline,
)
from mmssl.engine.profiling.synthetic_data import write_pairs
from mmssl.registry import DATASETS

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
    parser.add_argument('--images', action='store_true', help='of images')
    parser.add_argument('--workers', type=int, default=4)
    return parser.parse_args()


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


def write_lines(path: Path, lines: int, images: bool = False) -> None:
    """Write a list of made-up paths: pairs, 116 bytes a line, or images."""
    with open(path, 'w') as file:
        if images:
            for i in range(lines):
                file.write(f'{i // 5000:03x}/person_{i:08d}.jpg\n')
            return
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
    path: Path, workers: int, method: str, images: bool = False
) -> tuple[float, float, float, int]:
    """Index a list, read it with workers, and weigh all processes.

    Args:
        path: List file.
        workers: Number of workers.
        method: 'fork' or 'spawn'.
        images: Whether lines are names of images, or pairs with flow.

    Returns:
        Seconds to build the dataset, PSS of the workers and of all
        processes in MiB, and entries read.
    """
    begin = time.perf_counter()
    kind: Any = ImageFolder if images else FlowPairDataset
    dataset = kind(
        ann_file=str(path), pipeline=[operator.itemgetter('source')]
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


def benchmark_lists(
    folder: Path, lines: int, workers: int, images: bool
) -> None:
    """Print start-up time and memory for a tiny and a large list."""
    print(
        f'{"lines":>10} {"method":>7} {"start s":>8} {"workers MiB":>12} '
        f'{"all MiB":>8}   (PSS, {workers} workers)'
    )
    for count in (1000, lines):
        path = folder / f'{count}.txt'
        write_lines(path, count, images)
        for method in ('fork', 'spawn'):
            start, kids, both, _ = measure_list(path, workers, method, images)
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
            benchmark_lists(Path(name), args.lines, args.workers, args.images)
        else:
            dataset = build_dataset(args, Path(name))
            print(pipeline_table(time_pipeline(dataset, args.samples)))


if __name__ == '__main__':
    main()
