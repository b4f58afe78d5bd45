"""From folders of images and masks to a parsing set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

import numpy as np
from mmengine.registry import DefaultScope

from mmssl.datasets.image_masks import ImageMasks
from mmssl.engine.run_config import LaunchError
from mmssl.probes.loaders import build_probe_loader
from mmssl.probes.parsing_options import ParsingOptions
from mmssl.probes.parsing_set import ParsingSet, read_parsing_set

Folder = Union[str, Path, None]


def read_parsing_data(
    train: tuple[Folder, Folder],
    val: tuple[Folder, Folder],
    kinds: Mapping[str, Any],
    options: ParsingOptions,
) -> tuple[ParsingSet, int]:
    """Read the images and masks of one or two pairs of folders.

    Args:
        train: Folder of images, folder of masks.
        val: The same of the images that are judged; (None, None): none.
        kinds: classes, groups and ignore_index of
            :class:`~mmssl.datasets.image_masks.ImageMasks`.
        options: Says sizes, transforms and how many images.

    Returns:
        The images of both, those of ``val`` last; and how many these are.

    Raises:
        LaunchError: A folder is missing, only one of ``val`` is given, or
            its images are those of ``train``.
        DataFileError: A file cannot be used.
        ValueError: Classes do not fit, or images have no masks.
    """
    if (val[0] is None) != (val[1] is None):
        raise LaunchError(
            'validation data needs both a folder of images (--val) and one '
            f'of masks (--val-masks), got {val[0]} and {val[1]}'
        )
    for folder in (*train, *val):
        if folder is not None and not Path(folder).is_dir():
            raise LaunchError(f'there is no folder {str(folder)!r}')
    if val[0] is None:
        return _read(train, kinds, options), 0
    if Path(val[0]).resolve() == Path(train[0] or '').resolve():
        raise LaunchError(
            f'--val is the folder of --data, {str(val[0])!r}: images would be '
            'judged that the classifier was fitted to. Leave --val out to '
            'hold a share of them back (--val-share)'
        )
    found = _read(train, kinds, options)
    other = _read(val, kinds, options)
    return found.with_more(other), len(other.masks)


def _read(
    folders: tuple[Folder, Folder],
    kinds: Mapping[str, Any],
    options: ParsingOptions,
) -> ParsingSet:
    """Read one pair of folders."""
    with DefaultScope.overwrite_default_scope('mmssl'):
        dataset = ImageMasks(
            img_root=str(folders[0]),
            mask_root=str(folders[1]),
            test_mode=True,
            seed=options.seed,
            pipeline=options.pipeline(),
            **kinds,
        )
        if len(dataset) > options.max_images:
            rng = np.random.default_rng(options.seed)
            drawn = rng.permutation(len(dataset))[: options.max_images]
            dataset.get_subset_(np.sort(drawn).tolist())
        loader = build_probe_loader(
            dict(batch_size=32, num_workers=options.workers, dataset=dataset),
            'parsing',
        )
        return read_parsing_set(loader, tuple(dataset.metainfo['classes']))
