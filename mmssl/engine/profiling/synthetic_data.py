"""Generated data in the place of a config's own, to measure without it.

The files are of the kind and size that the config reads: jpgs of 640x272 and
flow as published, videos of 640x360, photo-like jpgs of 500x375, or figures
of 150x320 where views are upright. So decoding costs what it costs on real
data, more or less; what the network learns from it means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Callable

import numpy as np
from mmengine.config import ConfigDict

from mmssl.io.flow_files import write_flo, write_flow_jpg_pair, write_jpg
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toy_people import make_toy_people
from mmssl.testing.toys import moving_pair
from mmssl.testing.videos import moving_frames, write_video

PAIR_HW = (272, 640)
VIDEO_HW = (360, 640)
PHOTO_HW = ((375, 500), (500, 375), (375, 500), (333, 500))
PERSON_HW = (320, 150)


def use_synthetic_data(
    loader: ConfigDict, folder: Path, count: int = 16
) -> None:
    """Write data for a data loader, and point its datasets at it.

    Args:
        loader: Config of a data loader; changed in place. Datasets in
            wrappers are found too.
        folder: Where to write; made if it is missing.
        count: Pairs of each dataset; frames of each video; photos of each
            dataset, of which there is one batch at least.

    Raises:
        ValueError: A dataset whose data cannot be generated.
    """
    found = list(_datasets(loader.dataset))
    known = [d for d in found if str(d.type).split('.')[-1] in _WRITERS]
    if not known:
        types = ', '.join(str(d.type) for d in found)
        raise ValueError(
            f'no synthetic data for datasets of type {types}; known: '
            f'{", ".join(sorted(_WRITERS))}'
        )
    for number, dataset in enumerate(known):
        own = folder / str(number)
        own.mkdir(parents=True, exist_ok=True)
        kind = str(dataset.type).split('.')[-1]
        # An epoch of photos ends, and its last batch may be smaller.
        least = loader.get('batch_size', 1) if kind == 'ImageFolder' else 1
        _WRITERS[kind](dataset, own, max(count, least))


def write_pairs(
    folder: Path, count: int = 16, speed: float = 12.0, kind: str = 'jpg'
) -> Path:
    """Write generated 640x272 pairs of jpgs, with flow, and their list.

    Args:
        folder: Existing folder.
        count: Number of pairs.
        speed: Speed of the moving disc, px.
        kind: Of the flow files: 'jpg' or 'flo'.

    Returns:
        The list file; its paths are relative to ``folder``.
    """
    rng = np.random.default_rng(0)
    lines = []
    for i in range(count):
        frame0, frame1, flow = moving_pair(*PAIR_HW, rng, speed)
        names = [f'{i}_{part}.jpg' for part in ('0', '1', 'x', 'y')]
        for name, frame in zip(names, (frame0, frame1)):
            write_jpg(frame[..., ::-1], folder / name, 90)
        if kind == 'flo':
            names[2:] = [f'{i}.flo']
            write_flo(flow, folder / names[2])
        else:
            write_flow_jpg_pair(flow, folder / names[2], folder / names[3])
        lines.append(' '.join(names))
    path = folder / 'train.txt'
    path.write_text('\n'.join(lines) + '\n')
    return path


def _datasets(node: Any) -> Iterator[ConfigDict]:
    """Yield dataset configs, those inside wrappers instead of wrappers."""
    inner = [node[key] for key in ('dataset', 'datasets') if key in node]
    for part in inner:
        for child in part if isinstance(part, (list, tuple)) else [part]:
            yield from _datasets(child)
    if not inner:
        yield node


def _use_pairs(dataset: ConfigDict, folder: Path, count: int) -> None:
    kind = dataset.get('flow_file_type', 'jpg')
    listing = write_pairs(folder, count, kind=kind)
    dataset.update(data_root=str(folder), ann_file=[listing.name])


def _use_videos(dataset: ConfigDict, folder: Path, count: int) -> None:
    frames = moving_frames(count, *VIDEO_HW, np.random.default_rng(0))
    write_video(folder / 'moving.mp4', frames)
    dataset.update(data_root=str(folder), videos='.')


def _use_photos(dataset: ConfigDict, folder: Path, count: int) -> None:
    labelled = dataset.get('labels') is not None
    if not labelled and _upright(dataset.get('pipeline') or ()):
        _use_people(dataset, folder, count)
        return
    make_toy_images(
        folder,
        count,
        PHOTO_HW,
        classes=2 if labelled else 0,
        list_name='list.txt' if dataset.get('ann_file') else None,
    )
    dataset.pop('classes', None)
    dataset.update(data_root=str(folder), data_prefix='')
    if dataset.get('ann_file'):
        dataset.update(ann_file='list.txt')


def _use_people(dataset: ConfigDict, folder: Path, count: int) -> None:
    make_toy_people(folder, count, PERSON_HW)
    dataset.update(data_root=str(folder), data_prefix='images')
    if dataset.get('ann_file'):
        names = sorted(path.name for path in (folder / 'images').iterdir())
        (folder / 'list.txt').write_text('\n'.join(names) + '\n')
        dataset.update(ann_file='list.txt')


def _upright(pipeline: Sequence[Any]) -> bool:
    """Tell whether some view is half as high again as wide, or more."""
    views = [v for step in pipeline for v in step.get('views', ())]
    sizes = [step.get('size') for view in views for step in view]
    pairs = [size for size in sizes if isinstance(size, (list, tuple))]
    return any(len(hw) == 2 and hw[0] >= 1.5 * hw[1] for hw in pairs)


_WRITERS: dict[str, Callable[[ConfigDict, Path, int], None]] = {
    'FlowPairDataset': _use_pairs,
    'ImageFolder': _use_photos,
    'VideoPairDataset': _use_videos,
}
