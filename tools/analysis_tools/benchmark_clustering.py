"""Measure part labels: time for a batch of maps, and scikit-learn's beside it.

python tools/analysis_tools/benchmark_clustering.py --threads 2
python tools/analysis_tools/benchmark_clustering.py --device cuda

Maps are random (nothing to find: k-means takes long) and of bodies, whose
labels are known. With scikit-learn installed, the same is done with it image
by image, as the published SOLIDER does, and the share of images that are
labelled as they were made is told of both. The least time is what the work
costs; medians grow with whatever else the machine does. On a GPU, the run
fails if the host has to wait for it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmssl.clustering import part_label_maps

Labeller = Callable[[Tensor], Any]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--maps', type=int, default=96)
    parser.add_argument('--hw', type=int, nargs=2, default=[8, 4])
    parser.add_argument('--channels', type=int, default=768)
    parser.add_argument('--parts', type=int, default=3)
    parser.add_argument('--rounds', type=int, default=50)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--device', default='cpu')
    return parser.parse_args()


def body_maps(args: argparse.Namespace) -> tuple[Tensor, Tensor]:
    """Make maps of bodies: bands of columns before a background.

    Returns:
        Maps (N, C, h, w), and their labels (N, h, w).
    """
    rng = torch.Generator().manual_seed(0)
    height, width = args.hw
    bands = torch.arange(height) * args.parts // height + 1
    labels = bands[:, None].repeat(args.maps, 1, width)
    labels = labels.view(args.maps, height, width)
    labels[:, :, 0] = 0
    kinds = torch.randn(args.parts + 1, args.channels, generator=rng)
    kinds[0] *= 0.3
    noise = torch.randn(args.maps, args.channels, height, width, generator=rng)
    maps = kinds[labels].permute(0, 3, 1, 2) + 0.2 * noise
    return maps.contiguous(), labels


def random_maps(args: argparse.Namespace) -> Tensor:
    """Make maps with a foreground in which there is nothing to find."""
    rng = torch.Generator().manual_seed(1)
    shape = (args.maps, args.channels, *args.hw)
    maps = torch.randn(shape, generator=rng)
    maps[..., 1:] *= 3
    return maps


def with_mmssl(parts: int) -> Labeller:
    """Return the project's way to label maps."""

    def label(maps: Tensor) -> Tensor:
        tokens = maps.flatten(2).transpose(1, 2)
        return part_label_maps(tokens, tuple(maps.shape[-2:]), parts).labels

    return label


def with_sklearn(parts: int) -> Labeller | None:
    """Return the published way, or None without scikit-learn."""
    try:
        from sklearn.cluster import KMeans
    except ImportError:
        return None

    def one(tokens: np.ndarray, width: int) -> np.ndarray:
        lengths = np.linalg.norm(tokens, axis=1, keepdims=True)
        found = KMeans(2, random_state=0).fit(lengths)
        upper = found.labels_ == found.cluster_centers_.argmax()
        labels = np.zeros(len(tokens), np.int64)
        if upper.sum() <= len(tokens) / 2:
            return labels
        places = np.flatnonzero(upper)
        kinds = KMeans(parts, random_state=0).fit_predict(tokens[upper])
        rows = [(places[kinds == k] // width).mean() for k in range(parts)]
        labels[upper] = 1 + np.argsort(np.argsort(rows))[kinds]
        return labels

    def label(maps: Tensor) -> np.ndarray:
        tokens = maps.flatten(2).transpose(1, 2).numpy()
        found = np.stack([one(each, maps.shape[-1]) for each in tokens])
        return found.reshape(len(maps), *maps.shape[-2:])

    return label


def measure(
    label: Labeller, maps: Tensor, rounds: int
) -> tuple[float, float, float]:
    """Return the least and the median time, and the least CPU time, ms."""

    def wait() -> None:
        if maps.is_cuda:
            torch.cuda.synchronize()

    label(maps)
    times = []
    for _ in range(rounds):
        wait()
        start = time.perf_counter(), time.process_time()
        if maps.is_cuda:
            torch.cuda.set_sync_debug_mode('error')
        label(maps)
        if maps.is_cuda:
            torch.cuda.set_sync_debug_mode('default')
        wait()
        wall, cpu = time.perf_counter(), time.process_time()
        times.append(((wall - start[0]) * 1e3, (cpu - start[1]) * 1e3))
    walls, cpus = zip(*times)
    return min(walls), statistics.median(walls), min(cpus)


def main() -> None:
    """Print one line for each kind of maps and way to label them."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    bodies, known = body_maps(args)
    ways = {'mmssl': with_mmssl(args.parts)}
    published = with_sklearn(args.parts)
    if published is not None and args.device == 'cpu':
        ways['scikit-learn'] = published
    height, width = args.hw
    print(
        f'{args.maps} maps of {height}x{width}x{args.channels}, '
        f'{args.parts} parts, {args.device}, {args.threads} threads; ms'
    )
    print(f'{"maps":8}{"by":14}{"least":>8}{"median":>8}{"CPU":>8}  as made')
    for name, maps in {'random': random_maps(args), 'bodies': bodies}.items():
        maps = maps.to(args.device)
        for way, label in ways.items():
            rounds = args.rounds if way == 'mmssl' else min(args.rounds, 5)
            least, median, cpu = measure(label, maps, rounds)
            share = ''
            if name == 'bodies':
                found = torch.as_tensor(label(maps)).cpu() == known
                share = f'{found.flatten(1).all(1).float().mean():9.1%}'
            print(
                f'{name:8}{way:14}{least:8.1f}{median:8.1f}{cpu:8.1f}{share}'
            )
    if published is None:
        print('scikit-learn is not installed: pip install scikit-learn')


if __name__ == '__main__':
    main()
