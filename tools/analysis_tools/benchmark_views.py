"""Measure how many images a core turns into augmented views.

Ours (by default the pipeline of configs/_base_/datasets/scrl_images.py: two
views with box pairs; with ``--person`` that of person_views.py: two large and
eight small views) beside the same augmentations done with torchvision: with
Pillow images, as the published codes have them, and with 8-bit tensors
(transforms.v2). All three take the same files in turn, from jpg to tensors,
with one thread; CPU time counts, so that other processes on the machine matter
little. With ``--person`` the Pillow column also makes floats and normalises
them, which the published code does here and ours does on the device.

Without arguments: generated photos of 390x470 px, or people of 320x150 px.
``--images FOLDER`` takes real ones, ``--size 390 470`` writes them anew in
that size first.
"""

from __future__ import annotations

import os

# Before numpy is imported: its libraries read them once.
os.environ.update(OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1')

import argparse
import functools
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from PIL import Image
from torchvision.io import ImageReadMode, read_image
from torchvision.transforms import functional

from mmssl.datasets import Draw, ImageFolder
from mmssl.datasets.transforms import MultiViewGeometry
from mmssl.io.images import read_rgb
from mmssl.testing.torchvision_steps import TorchvisionSteps
from mmssl.testing.toy_images import photo_like, write_photo
from mmssl.testing.toy_people import toy_person

DATASETS = Path(__file__).parents[2] / 'configs/_base_/datasets'
SCRL, PERSON = DATASETS / 'scrl_images.py', DATASETS / 'person_views.py'
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Step = Callable[[Any], Any]
Pipeline = Callable[[int], Any]


class Stopwatch:
    """CPU seconds by name of the operation."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def timed(self, name: str, step: Step) -> Step:
        """Return a step that adds the time it takes."""

        @functools.wraps(step, updated=())
        def run(value: Any) -> Any:
            begin = time.process_time_ns()
            value = step(value)
            self.seconds[name] += (time.process_time_ns() - begin) / 1e9
            return value

        return run


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--person', action='store_true', help='10 views')
    parser.add_argument('--images', type=Path, help='folder; default: none')
    parser.add_argument('--size', type=int, nargs=2, metavar=('H', 'W'))
    parser.add_argument('--files', type=int, default=48, help='at most')
    parser.add_argument('--rounds', type=int, default=9)
    return parser.parse_args(argv)


def write_photos(args: argparse.Namespace, folder: Path) -> None:
    """Write generated photos, or given ones in another size."""
    size = tuple(args.size or ((320, 150) if args.person else (390, 470)))
    if args.images is None:
        for i in range(args.files):
            rng = np.random.default_rng(i)
            person = toy_person(size, rng).image if args.person else None
            image = photo_like(size, rng) if person is None else person
            write_photo(folder / f'{i:04d}.jpg', image)
        return
    found = ImageFolder(str(args.images), indices=args.files)
    for i in range(len(found)):
        image = read_rgb(found.get_data_info(i)['img_path'])
        if image.shape[0] > image.shape[1] and not args.person:
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        else:
            image = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
        write_photo(folder / f'{i:04d}.jpg', image)


def dataset_of(config: Path) -> Any:
    """Return the dataset of a config, with its pipeline."""
    return Config.fromfile(config).train_dataloader.dataset


def our_pipeline(
    folder: Path, files: int, config: Path = SCRL
) -> tuple[Pipeline, Stopwatch]:
    """Build the dataset of the config; time every transform."""
    cfg = dataset_of(config)
    cfg.pop('type')
    cfg.update(data_root=str(folder), data_prefix='', indices=files)
    dataset, watch = ImageFolder(**cfg), Stopwatch()
    steps = dataset.pipeline.transforms
    for step in steps:
        if isinstance(step, MultiViewGeometry):
            step.views = [
                [watch.timed(type(one).__name__, one) for one in view]
                for view in step.views
            ]
    dataset.pipeline.transforms = [
        step
        if isinstance(step, MultiViewGeometry)
        else watch.timed(type(step).__name__, step)
        for step in steps
    ]
    number = iter(range(1 << 60))
    return lambda i: dataset[Draw(i, next(number))]['inputs'], watch


def torchvision_pipeline(
    files: list[str],
    tensors: bool,
    config: Path = SCRL,
    normalized: bool = False,
) -> tuple[Pipeline, Stopwatch]:
    """Build the same augmentations of torchvision.

    Args:
        files: Images.
        tensors: True: 8-bit tensors; False: Pillow images.
        config: Whose augmentations.
        normalized: Of Pillow images make normalised floats.

    Returns:
        File number -> views (3, h, w), uint8 or float32; and the times.
    """
    watch = Stopwatch()
    load = watch.timed('LoadImageRGB', _load_tensor if tensors else _load)
    pack: Step = torch.Tensor.contiguous
    if not tensors:
        pack = _pack_normalized if normalized else _pack
    pack = watch.timed('PackViews', pack)
    made_of = TorchvisionSteps(tensors)
    multi = dataset_of(config).pipeline[1]
    views = []
    for view, number in zip(
        multi.views, multi.get('num_views', [1] * len(multi.views))
    ):
        steps = [watch.timed(one.type, made_of(one)) for one in view]
        views += [steps] * number

    def run(i: int) -> list[torch.Tensor]:
        image = load(files[i])
        made = [functools.reduce(_apply, view, image) for view in views]
        return [pack(view) for view in made]

    return run, watch


def _apply(image: Any, step: Step) -> Any:
    return step(image)


def _load(path: str) -> Image.Image:
    with open(path, 'rb') as file:
        return Image.open(file).convert('RGB')


def _load_tensor(path: str) -> torch.Tensor:
    return read_image(path, ImageReadMode.RGB)


def _pack(image: Image.Image) -> torch.Tensor:
    return functional.pil_to_tensor(image).contiguous()


def _pack_normalized(image: Image.Image) -> torch.Tensor:
    return functional.normalize(functional.to_tensor(image), MEAN, STD)


def measure(
    pipelines: dict[str, tuple[Pipeline, Stopwatch]], files: int, rounds: int
) -> dict[str, list[float]]:
    """Return the CPU seconds per image of each pipeline, round by round.

    They take turns, all files each; one more round before warms up.
    """
    times: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, (run, watch) in pipelines.items():
            if number == 1:
                watch.seconds.clear()
            begin = time.process_time()
            for i in range(files):
                run(i)
            if number:
                times[name].append((time.process_time() - begin) / files)
    return times


def table(
    pipelines: dict[str, tuple[Pipeline, Stopwatch]],
    times: dict[str, list[float]],
    files: int,
) -> str:
    """Return ms per image of each operation, and images/s."""
    columns = {}
    for name, (_, watch) in pipelines.items():
        samples = files * len(times[name])
        column = {k: v / samples for k, v in watch.seconds.items()}
        mean, median = statistics.mean(times[name]), statistics.median
        column['the rest'] = mean - sum(column.values())
        column['all: mean'] = mean
        column['all: median round'] = median(times[name])
        column['all: fastest round'] = min(times[name])
        columns[name] = {k: f'{v * 1e3:.3f}' for k, v in column.items()}
        rate = 1 / median(times[name])
        columns[name]['images/s/core, median'] = f'{rate:.0f}'
        columns[name]['images/s/core, fastest'] = f'{1 / min(times[name]):.0f}'
    head = ''.join(f'{name:>20}' for name in columns)
    lines = [f'{"CPU ms per image":<24}{head}']
    for row in dict.fromkeys(k for column in columns.values() for k in column):
        cells = (column.get(row, '-') for column in columns.values())
        lines.append(f'{row:<24}' + ''.join(f'{cell:>20}' for cell in cells))
    return '\n'.join(lines)


def main(argv: list[str] | None = None) -> None:
    """Print the table."""
    args = parse_args(argv)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = PERSON if args.person else SCRL
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.images is not None and args.size is None:
            folder = args.images
        else:
            write_photos(args, folder)
        found = ImageFolder(str(folder), indices=args.files)
        files = [found.get_data_info(i)['img_path'] for i in range(len(found))]
        shapes = np.array([read_rgb(file).shape[:2] for file in files])
        size = np.mean([os.path.getsize(file) for file in files])
        pipelines = {
            'mmssl': our_pipeline(folder, args.files, config),
            'torchvision/Pillow': torchvision_pipeline(
                files, False, config, normalized=args.person
            ),
            'torchvision/tensor': torchvision_pipeline(files, True, config),
        }
        times = measure(pipelines, len(files), args.rounds)
    print(
        f'{len(files)} photos, mean {shapes.mean(0).round(0)} px (h, w), '
        f'{size / 1e3:.0f} kB; {args.rounds} rounds, one thread'
    )
    print(table(pipelines, times, len(files)))


if __name__ == '__main__':
    main()
