"""Measure the sampler of box pairs: a batch at once, and image by image.

# random crops of 375x500 images, at the published settings
OMP_NUM_THREADS=1 python tools/analysis_tools/benchmark_box_pairs.py
# more boxes in larger views, four views of each image
python tools/analysis_tools/benchmark_box_pairs.py \
    --boxes 20 --size 448 --views 4
# the crops of the golden boxes
python tools/analysis_tools/benchmark_box_pairs.py \
    --npz tests/data/golden/scrl_boxes.npz

CPU time, median of the repeats; the same boxes are drawn in each repeat.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Callable, NamedTuple

import numpy as np

from mmssl.datasets.transforms.view_region import random_region
from mmssl.samplers.box_options import MODES, BoxPairOptions
from mmssl.samplers.box_pairs import sample_box_pairs


class Measured(NamedTuple):
    """Figures of one setting."""

    batch_ms: float
    image_us: float
    boxes: int


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--images', type=int, default=256)
    parser.add_argument('--views', type=int, default=2)
    parser.add_argument('--boxes', type=int, default=10)
    parser.add_argument('--min-size', type=int, default=32)
    parser.add_argument('--size', type=int, default=224, help='of a view, px')
    parser.add_argument('--repeat', type=int, default=15)
    parser.add_argument('--npz', help='crops_view1 and crops_view2 of a file')
    return parser.parse_args()


def random_crops(images: int, views: int) -> np.ndarray:
    """Draw records (N, V, 5) of random crops, seeded."""
    rng = np.random.default_rng(0)
    records = [
        [
            *random_region((375, 500), (0.2, 1.0), (3 / 4, 4 / 3), rng),
            rng.random() < 0.5,
        ]
        for _ in range(images * views)
    ]
    return np.array(records, float).reshape(images, views, 5)


def stored_crops(path: str, images: int) -> np.ndarray:
    """Read records (N, 2, 5) of two views."""
    with np.load(path) as data:
        crops = np.stack([data['crops_view1'], data['crops_view2']], axis=1)
    return crops[:images].astype(float)


def measure(
    crops: np.ndarray, size: int, options: BoxPairOptions, repeat: int
) -> Measured:
    """Draw the boxes of all images, at once and one image after another."""
    shapes = [(size, size)] * crops.shape[1]

    def at_once() -> int:
        rng = np.random.default_rng(0)
        return len(sample_box_pairs(crops, shapes, options, rng).boxes)

    def one_by_one() -> None:
        rng = np.random.default_rng(0)
        for crop in crops:
            sample_box_pairs(crop[None], shapes, options, rng)

    boxes = at_once()
    return Measured(
        1e3 * _median_s(at_once, repeat),
        1e6 * _median_s(one_by_one, max(1, repeat // 3)) / len(crops),
        boxes,
    )


def _median_s(function: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def main() -> None:
    """Measure both modes and print a table."""
    args = parse_args()
    crops = (
        stored_crops(args.npz, args.images)
        if args.npz
        else random_crops(args.images, args.views)
    )
    print(
        f'{len(crops)} images of {crops.shape[1]} views, {args.size} px, '
        f'{args.boxes} boxes of at least {args.min_size} px for every two'
    )
    print(f'{"mode":8}{"boxes":>8}{"batch, ms":>12}{"one image, us":>16}')
    for mode in MODES:
        options = BoxPairOptions(args.boxes, mode, args.min_size)
        found = measure(crops, args.size, options, args.repeat)
        print(
            f'{mode:8}{found.boxes:8}{found.batch_ms:12.1f}'
            f'{found.image_us:16.0f}'
        )


if __name__ == '__main__':
    main()
