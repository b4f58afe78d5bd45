"""Measure how many frames of puppets a core makes, with all labels.

CPU time of one thread, medians over scenes: to draw a scene, to render a frame
(image, parts, instances, boxes, keypoints), and a pair (two frames, both
flows, both occlusion masks); and the stages of a frame.
"""

from __future__ import annotations

import os

# Before numpy is imported: its libraries read them once.
os.environ.update(OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1')

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from mmssl.worlds.puppets import Scene
from mmssl.worlds.puppets.atlas import atlas
from mmssl.worlds.puppets.geometry import geometry
from mmssl.worlds.puppets.raster import rasterize
from mmssl.worlds.puppets.shading import develop, paint, piece_numbers
from mmssl.worlds.puppets.shadows import shadow_ellipses


class Stopwatch:
    """CPU milliseconds by name."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, list[float]] = defaultdict(list)

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        """Do something and note how long it took."""
        start = time.process_time()
        result = call()
        self.spent[name].append(1e3 * (time.process_time() - start))
        return result

    def median(self, name: str) -> float:
        """Return the median of what was noted under a name."""
        return statistics.median(self.spent[name])


def measure_stages(watch: Stopwatch, scene: Scene, t: float) -> None:
    """Go through a frame step by step, as ``Scene.render`` does."""
    placement = watch('where joints are', lambda: scene.stage.at(t))
    placed = watch(
        'outlines and surfaces',
        lambda: geometry(scene.table, placement, scene.stage.ground),
    )
    counted = np.ones(len(scene.table.owner), bool)
    found = watch(
        'which piece is where',
        lambda: rasterize(
            *(scene.table, placed, placement.near),
            *(scene.stage.size_hw, counted),
        ),
    )
    shadows = shadow_ellipses(placement, len(scene.people), 0.0)
    ids = piece_numbers(found.ids, len(scene.table.owner))
    colours = watch(
        'colours',
        lambda: paint(
            *(ids, scene.table, placed, atlas(), scene.light, shadows)
        ),
    )
    rng = np.random.default_rng(0)
    watch('camera', lambda: develop(colours, scene.look, rng))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--size', type=int, nargs=2, default=[256, 256])
    parser.add_argument('--scenes', type=int, default=60)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    watch = Stopwatch()
    watch('atlas, once a process', atlas)
    for seed in range(args.scenes):
        rng = np.random.default_rng(seed)
        size = (args.size[0], args.size[1])
        scene = watch('scene', lambda: Scene.draw(rng, size))  # noqa: B023
        watch('frame', lambda: scene.render(1.0))  # noqa: B023
        watch('pair', lambda: scene.pair(1.0))  # noqa: B023
        measure_stages(watch, scene, 2.0)
    for name in watch.spent:
        print(f'{name:24}{watch.median(name):8.2f} ms')
    scene_ms, frame_ms, pair_ms = map(watch.median, ('scene', 'frame', 'pair'))
    for name, rate in (
        ('frames of one scene', 1 / frame_ms),
        ('a frame of each scene', 1 / (scene_ms + frame_ms)),
        ('pairs of one scene', 2 / pair_ms),
        ('a pair of each scene', 2 / (scene_ms + pair_ms)),
    ):
        print(f'{name:24}{1e3 * rate:8.0f} frames/s')


if __name__ == '__main__':
    main()
