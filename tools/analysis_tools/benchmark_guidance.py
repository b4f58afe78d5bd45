"""Measure guidance sampling: CPU time per image on one core.

Without arguments: 384x384 and 320x320 fields of a few moving ellipses, made
here, all strategies with the published AlexNet settings. ``--npz`` takes the
flow from a file instead (arrays named ``flow`` or ``*/flow``, for instance
tests/data/golden/cmp_guidance.npz). ``--reference`` adds the same steps done
with scipy's convolve2d, maximum_filter and distance_transform_edt, as the
published sampler does them, and counts the points that differ (none; in
gradnms a few with scipy below 1.16, whose sums are rounded differently).
"""

from __future__ import annotations

import os

# Before numpy is imported: its libraries read them once.
os.environ.update(OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1')

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt, maximum_filter
from scipy.signal import convolve2d

from mmssl.samplers import STRATEGIES, sample_guidance
from mmssl.samplers.distance_peaks import distance_peaks
from mmssl.samplers.edge_maxima import edge_maxima
from mmssl.samplers.motion_edges import (
    edge_mask,
    motion_edges,
    subsampling_step,
)

Sampler = Callable[[np.ndarray], np.ndarray]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--npz', help='file with flow; default: generated')
    parser.add_argument('--sizes', type=int, nargs='+', default=[384, 320])
    parser.add_argument('--nms-size', type=int, default=41)
    parser.add_argument('--bg-ratio', type=float, default=1.5625e-4)
    parser.add_argument('--flows', type=int, default=8, help='per size')
    parser.add_argument('--rounds', type=int, default=50)
    parser.add_argument('--reference', action='store_true')
    return parser.parse_args()


def ellipse_flow(side: int, rng: np.random.Generator) -> np.ndarray:
    """Draw two to five soft-edged ellipses that move before a background.

    Args:
        side: Rows and columns, px.
        rng: Source of places, sizes and velocities.

    Returns:
        (side, side, 2) float32, px.
    """
    rows, cols = np.indices((side, side))
    flow = np.broadcast_to(rng.normal(size=2) * 2, (side, side, 2))
    for _ in range(rng.integers(2, 6)):
        row, col = rng.uniform(0, side, 2)
        axes = rng.uniform(0.05, 0.22, 2) * side
        turn = rng.uniform(0, np.pi)
        cos, sin = np.cos(turn), np.sin(turn)
        along = (cos * (cols - col) + sin * (rows - row)) / axes[0]
        across = (cos * (rows - row) - sin * (cols - col)) / axes[1]
        depth = (1 - np.hypot(along, across)) * axes.min()  # px, inside > 0
        weight = np.clip(depth / 2 + 0.5, 0, 1)[..., None]
        flow = flow * (1 - weight) + rng.normal(size=2) * 10 * weight
    return flow.astype(np.float32)


def load_flows(args: argparse.Namespace) -> dict[str, list[np.ndarray]]:
    """Return the fields to measure with, by size."""
    flows: dict[str, list[np.ndarray]] = defaultdict(list)
    if args.npz:
        with np.load(args.npz, allow_pickle=False) as archive:
            for name in sorted(archive.files):
                if name.split('/')[-1] == 'flow':
                    flow = archive[name]
                    flows['{}x{}'.format(*flow.shape)].append(flow)
        if not flows:
            raise SystemExit(f'{args.npz} has no array named flow or */flow')
        return flows
    for side in args.sizes:
        rng = np.random.default_rng(side)
        name = f'{side}x{side}'
        flows[name] = [ellipse_flow(side, rng) for _ in range(args.flows)]
    return flows


def scipy_edges(flow: np.ndarray) -> np.ndarray:
    """Return the edge strength as the published sampler computes it."""
    sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], np.float32)
    total = np.zeros(flow.shape[:2], np.float32)
    for channel in (flow[..., 0], flow[..., 1]):
        across = convolve2d(channel, sobel, mode='same', boundary='symm')
        down = convolve2d(channel, sobel.T, mode='same', boundary='symm')
        total += np.sqrt(across**2 + down**2)
    return total


def scipy_watershed(flow: np.ndarray, window: int) -> np.ndarray:
    """Return the watershed points before thinning, literally."""
    step = subsampling_step(*flow.shape[:2])
    edges = scipy_edges(flow[::step, ::step])
    mask = edges / max(edges.max(), 0.01) > 0.1
    if not mask.any():
        return np.empty((0, 2), np.int64)
    distance = distance_transform_edt(~mask)
    peaks = (distance == maximum_filter(distance, window)) & (distance > 0)
    peaks[[0, -1]] = peaks[:, [0, -1]] = False
    return np.argwhere(peaks) * step


def scipy_gradnms(flow: np.ndarray, window: int) -> np.ndarray:
    """Return the gradnms points, literally."""
    step = subsampling_step(*flow.shape[:2])
    edges = scipy_edges(flow[::step, ::step])
    score = np.zeros_like(edges)
    wide = edges.shape[1] // 20
    for side, sign in ((wide, 1), (wide // 2, -1)):
        box = np.ones((side, side), np.float32) / side**2
        mean = convolve2d(edges, box, mode='same', boundary='symm')
        score += sign * (mean / mean.max())
    maxima = score == maximum_filter(score, window)
    return np.argwhere(maxima & (score > 0.1)) * step


def differing_points(
    flows: Sequence[np.ndarray], window: int
) -> dict[str, int]:
    """Count the points that only we or only the reference finds."""
    counts = {'watershed': 0, 'gradnms': 0}
    for flow in flows:
        step = subsampling_step(*flow.shape[:2])
        edges = motion_edges(np.ascontiguousarray(flow[::step, ::step]))
        peaks = distance_peaks(edge_mask(edges), window) * step
        maxima = edge_maxima(edges, window) * step
        for name, ours, theirs in (
            ('watershed', peaks, scipy_watershed(flow, window)),
            ('gradnms', maxima, scipy_gradnms(flow, window)),
        ):
            points = set(map(tuple, ours)) ^ set(map(tuple, theirs))
            counts[name] += len(points)
    return counts


def measure(
    sampler: Sampler, flows: Sequence[np.ndarray], rounds: int
) -> tuple[float, float, float]:
    """Return median and least CPU time [ms per image], mean point count."""
    counts = [len(sampler(flow)) for flow in flows]
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for flow in flows:
            sampler(flow)
        times.append((time.process_time() - start) / len(flows) * 1e3)
    return statistics.median(times), min(times), statistics.mean(counts)


def main() -> None:
    """Print one line per size and strategy."""
    args = parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)

    def ours(names: Sequence[str]) -> Sampler:
        return lambda flow: sample_guidance(
            flow, names, args.bg_ratio, args.nms_size, -1, rng
        )

    chosen = [['grid', 'watershed']]
    chosen += [[name] for name in STRATEGIES if name != 'specified']
    samplers = {'+'.join(names): ours(names) for names in chosen}
    if args.reference:
        samplers['watershed, scipy'] = lambda flow: scipy_watershed(
            flow, args.nms_size
        )
        samplers['gradnms, scipy'] = lambda flow: scipy_gradnms(
            flow, args.nms_size
        )
    print(
        f'nms_size {args.nms_size}, bg_ratio {args.bg_ratio}; '
        'CPU ms per image, one thread'
    )
    print(f'{"size":>9}  {"strategy":<18}{"median":>8}{"least":>8}  points')
    for size, flows in load_flows(args).items():
        if args.reference:
            found = differing_points(flows, args.nms_size)
            print(f'{size:>9}  points that differ from scipy: {found}')
        for name, sampler in samplers.items():
            rounds = 5 if name.endswith('scipy') else args.rounds
            median, least, points = measure(sampler, flows, rounds)
            print(
                f'{size:>9}  {name:<18}{median:8.2f}{least:8.2f}{points:8.1f}'
            )


if __name__ == '__main__':
    main()
