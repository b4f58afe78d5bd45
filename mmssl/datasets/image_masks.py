"""Images with a class for each pixel."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.logging import print_log

from mmssl.datasets.choice import Indices, choose
from mmssl.datasets.chosen_dataset import ChosenDataset
from mmssl.datasets.coco_writer import IMAGE_SUFFIXES, files_by_stem
from mmssl.datasets.mask_classes import Groups, Names, mask_classes
from mmssl.io.errors import DataFileError
from mmssl.io.index_masks import read_index_mask
from mmssl.registry import DATASETS

MASK_SUFFIXES = ('.bmp', '.png', '.tif', '.tiff')
_NAMED = 3


@DATASETS.register_module()
class ImageMasks(ChosenDataset):
    """A folder of images and one of index masks with the same names.

    A mask is an 8- or 16-bit image of one channel (usually png, with or
    without a palette) as large as its image, with a class in each pixel.
    Both folders are searched with their sub-folders; what has no partner is
    left out, counted and named once in the log (``left_out``).

    Keys of a sample: img_path, mask_path, gt_mask (H, W) int16 with the
    label of each pixel and -100 where it is not judged, sample_idx, rng, and
    source ("LIST, line N") of lists.

    Args:
        img_root: Folder of the images, relative to ``data_root``.
        mask_root: Folder of the masks, relative to ``data_root``.
        classes: Names in the order of the values of the masks, or a file
            below ``data_root``; see
            :func:`~mmssl.datasets.mask_classes.mask_classes`.
        groups: Coarser classes that are judged instead; see there.
        ignore_index: Value or values of the masks that are not judged.
        ann_file: List of the names to use, one per line, with or without
            suffix, relative to ``data_root``; '' for all.
        data_root: Folder that relative paths start from.
        indices: Keep the first (n > 0) or last (n < 0) images, or these.
        seed: Seed of all augmentation.
        **kwargs: pipeline, unreadable, max_refetch, test_mode and lazy_init
            of :class:`~mmssl.datasets.drawn_dataset.DrawnDataset`.

    Raises:
        DataFileError: A folder has no images or no masks, or a name of the
            list is not there.
        ValueError: Classes and groups do not fit, or no image has a mask.
    """

    METAINFO = dict(dataset_type='image_masks', task_name='masks')

    def __init__(
        self,
        img_root: str,
        mask_root: str,
        classes: Names,
        groups: Groups = None,
        ignore_index: int | Sequence[int] | None = 255,
        ann_file: str = '',
        data_root: str = '',
        indices: Indices = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        root = data_root or ''
        self.img_root = os.path.join(root, img_root)
        self.mask_root = os.path.join(root, mask_root)
        self.names = _below(root, classes)
        self.groups = groups
        self.ignore_index = ignore_index
        super().__init__(
            seed=seed,
            ann_file=ann_file,
            data_root=root,
            data_prefix={},
            indices=indices,
            **kwargs,
        )

    def full_init(self) -> None:
        """Search the folders; nothing if that is done already."""
        if self._fully_initialized:
            return
        self._kinds = mask_classes(self.names, self.groups, self.ignore_index)
        images = files_by_stem(self.img_root, IMAGE_SUFFIXES)
        masks = files_by_stem(self.mask_root, MASK_SUFFIXES)
        self._files = [
            (str(images[stem]), str(masks[stem]), source)
            for stem, source in self._wanted(images, masks)
        ]
        if not self._files:
            raise ValueError(
                f'no image of {self.img_root} has a mask of its name in '
                f'{self.mask_root}: {"; ".join(self.left_out)}'
            )
        self._metainfo['classes'] = self._kinds.names
        self._chosen = choose(range(len(self._files)), self._indices)
        self._fully_initialized = True
        self.leave_out_unreadable()

    def get_data_info(self, idx: int) -> dict:
        """Return the files of one image.

        Args:
            idx: Index; negative counts from the end.

        Raises:
            IndexError: No such image.
        """
        self.full_init()
        sample_idx = self.checked_index(idx)
        image, mask, source = self._files[int(self._chosen[sample_idx])]
        info = dict(img_path=image, mask_path=mask, sample_idx=sample_idx)
        return {**info, 'source': source} if source else info

    def read_sample(self, results: dict) -> dict:
        """Add the mask, with the labels in place of the file's values.

        Raises:
            DataFileError: It cannot be read or holds what is no class.
        """
        path, source = results['mask_path'], results.get('source')
        try:
            mask = read_index_mask(path)
        except DataFileError as error:
            raise error.named_by(source) from error
        try:
            results['gt_mask'] = self._kinds.labels(mask)
        except ValueError as error:
            raise DataFileError(path, str(error), source) from error
        return results

    def _wanted(self, images: Any, masks: Any) -> list[tuple[str, str]]:
        """Return the names to use, and what named them."""
        both = images.keys() & masks.keys()
        if not self.ann_file:
            for what, others in (('image', masks), ('mask', images)):
                self._leave_out(what, sorted(others.keys() - both))
            return [(stem, '') for stem in sorted(both)]
        wanted = []
        text = Path(self.ann_file).read_text('utf-8-sig')
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            name, source = line.strip(), f'{self.ann_file}, line {number}'
            stem = next((n for n in _stems(name) if n in both), None)
            if stem is None:
                raise DataFileError(
                    name, 'no image and mask of this name', source
                )
            wanted.append((stem, source))
        return wanted

    def _leave_out(self, missing: str, stems: Sequence[str]) -> None:
        """Log once what has no partner."""
        if not stems:
            return
        other = 'masks' if missing == 'image' else 'images'
        told = f'{len(stems)} {other} without {missing}: '
        told += ', '.join(stems[:_NAMED]) + ', ...' * (len(stems) > _NAMED)
        self.left_out.append(told)
        print_log(
            f'{self.mask_root}: left out {told}',
            logger='current',
            level=logging.INFO,
        )

    def _join_prefix(self) -> None:
        """Make ``ann_file`` a path below ``data_root``."""
        if self.ann_file:
            self.ann_file = os.path.join(self.data_root, self.ann_file)


def _below(root: str, classes: Names) -> Names:
    """Return names, or their file as a path below the root."""
    if isinstance(classes, (str, Path)):
        return os.path.join(root, classes)
    return [str(name) for name in classes]


def _stems(name: str) -> tuple[str, str]:
    """Return a name of a list as it may be called below the folders."""
    return name, Path(name).with_suffix('').as_posix()
