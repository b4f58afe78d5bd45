"""Images of any folder or list, with or without labels."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmssl.datasets.choice import Indices, choose
from mmssl.datasets.chosen_dataset import ChosenDataset
from mmssl.datasets.image_labels import read_classes
from mmssl.datasets.image_sources import (
    ImageEntry,
    ImageSource,
    ListedImages,
    SearchedImages,
)
from mmssl.registry import DATASETS

LABELS = ('folders', 'list')


@DATASETS.register_module()
class ImageFolder(ChosenDataset):
    """All images below a folder, or those that lists name.

    * any folder, COCO: ``data_root='photos'`` is searched with all its
      sub-folders; hidden files and files that are no images are left out,
      counted and named in the log
    * ImageNet: ``data_root='data/imagenet', data_prefix='train',
      labels='folders'``, or with the lists of mmpretrain
      ``data_prefix='val', ann_file='meta/val.txt', labels='list'``
    * a list: ``ann_file='list.txt'``, a line ``path`` or ``path label`` for
      each image

    The names are kept in flat arrays (1.3 million: 45 MB, shared by forked
    workers) or stay in the list files (a few MB).

    Keys of a sample: img_path, sample_idx, rng; gt_label (int) with labels,
    source ("LIST, line N") of lists.

    Args:
        data_root: Folder that ``data_prefix`` and ``ann_file`` start from.
        data_prefix: Folder of the images; paths in lists start here.
        ann_file: List file or files; '' to search the folder.
        labels: 'folders': the sub-folder of ``data_prefix`` that an image
            lies in; 'list': the second field of the lines; None: no labels,
            those of lists are not looked at.
        classes: Names of the classes in the order of their labels, or a file
            below ``data_root`` with one name per line. None: the sub-folders
            in the order of their names, or '0', '1', ... of lists.
        seed: Seed of all augmentation.
        indices: Keep the first (n > 0) or last (n < 0) images, or these.
        **kwargs: pipeline, unreadable, max_refetch, metainfo, test_mode and
            lazy_init of :class:`~mmssl.datasets.drawn_dataset.DrawnDataset`.

    Raises:
        FileNotFoundError: A folder or a list is missing, or the folder holds
            no image.
        ValueError: ``labels`` does not fit, a label is missing or out of
            range (the image, or file and line, is named), or no image is
            left.
    """

    METAINFO = dict(dataset_type='image_folder', task_name='image')

    def __init__(
        self,
        data_root: str = '',
        data_prefix: str = '',
        ann_file: str | Sequence[str] = '',
        labels: str | None = None,
        classes: Sequence[str] | str | None = None,
        seed: int = 0,
        indices: Indices = None,
        **kwargs: Any,
    ) -> None:
        _check(data_root, data_prefix, ann_file, labels, classes)
        self.labels = labels
        parts = [part for part in (data_root, data_prefix) if part]
        self.img_root = os.path.join(*parts) if parts else '.'
        if classes is not None:
            classes = read_classes(classes, data_root)
        self._classes = classes
        super().__init__(
            seed=seed,
            ann_file=ann_file,
            data_root=data_root,
            data_prefix={},
            indices=indices,
            **kwargs,
        )

    def full_init(self) -> None:
        """Search the folder or index the lists, unless that is done."""
        if self._fully_initialized:
            return
        self._images = self._find()
        self._chosen = choose(range(len(self._images)), self._indices)
        if not len(self._chosen):
            raise ValueError(
                f'no images: {", ".join(self.ann_file) or self.img_root} '
                f'gives {len(self._images)}, indices={self._indices}'
            )
        if self._images.classes is not None:
            self._metainfo['classes'] = self._images.classes
        self._fully_initialized = True
        self.leave_out_unreadable()

    def get_data_info(self, idx: int) -> dict:
        """Return the path of one image, and its label.

        Args:
            idx: Index; negative counts from the end.

        Returns:
            img_path and sample_idx; gt_label and source where there.

        Raises:
            IndexError: No such image.
        """
        sample_idx = self.checked_index(idx)
        entry = self.entry(sample_idx)
        info: dict[str, Any] = dict(
            img_path=os.path.join(self.img_root, entry.name),
            sample_idx=sample_idx,
        )
        if entry.source:
            info['source'] = entry.source
        if self._images.labels is not None:
            label = self._images.labels[int(self._chosen[sample_idx])]
            info['gt_label'] = int(label)
        return info

    def get_gt_labels(self) -> np.ndarray:
        """Return the labels of all images, (len(self),) int64.

        Raises:
            ValueError: The dataset has no labels.
        """
        self.full_init()
        if self._images.labels is None:
            raise ValueError(
                f'the images of {self.img_root} have no labels: give '
                'labels="folders" where each class has its sub-folder, or '
                'ann_file with lines "path label" and labels="list"'
            )
        return self._images.labels[np.asarray(self._chosen)]

    def get_cat_ids(self, idx: int) -> list[int]:
        """Return the label of an image as a list, for mmengine's wrappers."""
        return [self.get_data_info(idx)['gt_label']]

    def entry(self, idx: int) -> ImageEntry:
        """Return name and list line of an image.

        Args:
            idx: Index from the head.
        """
        self.full_init()
        return self._images[int(self._chosen[idx])]

    def list_fields(self, idx: int) -> tuple[str, ...]:
        """Return an image's line of a list: path, and label where there.

        Args:
            idx: Index from the head.
        """
        self.full_init()
        return self._images.fields(int(self._chosen[idx]))

    @property
    def item_label(self) -> str:
        """What the samples are called in a table: 'images' or 'lines'."""
        return 'lines' if self.ann_file else 'images'

    def fingerprint(self) -> int:
        """Return a number that changes with the names that were found."""
        self.full_init()
        return self._images.fingerprint()

    def _find(self) -> ImageSource:
        if self.ann_file:
            return ListedImages(self.ann_file, self.labels, self._classes)
        found = SearchedImages(
            self.img_root, self.labels, self._classes, self._tell
        )
        if found.left_out:
            told = ''.join(f'\n  {line}' for line in found.left_out)
            _log(f'{self.img_root}: {len(found)} images; left out:{told}')
        return found

    def _tell(self, folders: int, images: int) -> None:
        _log(
            f'searching {self.img_root}: {folders} folders, {images} images '
            'so far'
        )

    def _join_prefix(self) -> None:
        """Make ``ann_file`` a list of paths below ``data_root``."""
        files = self.ann_file
        if isinstance(files, (str, os.PathLike)):
            files = [files] if str(files) else []
        self.ann_file = [os.path.join(self.data_root, file) for file in files]


def _check(
    data_root: Any, data_prefix: Any, ann_file: Any, labels: Any, classes: Any
) -> None:
    """Refuse arguments that do not fit one another."""
    for name, path in (('data_root', data_root), ('data_prefix', data_prefix)):
        if not isinstance(path, (str, os.PathLike)):
            raise ValueError(f'{name} must be a path, got {path!r}')
    if labels not in (None, *LABELS):
        raise ValueError(
            f'labels must be one of {[*LABELS]} or None, got {labels!r}'
        )
    listed = isinstance(ann_file, (str, os.PathLike)) or (
        not isinstance(ann_file, Mapping)
        and all(isinstance(one, (str, os.PathLike)) for one in ann_file)
    )
    if not listed:
        raise ValueError(
            f'ann_file must be a path or a sequence of paths, got {ann_file!r}'
        )
    if labels == 'list' and not ann_file:
        raise ValueError(
            "labels='list' needs ann_file, a list with lines 'path label'"
        )
    if labels == 'folders' and ann_file:
        raise ValueError(
            "labels='folders' is for folders that are searched, without "
            f"ann_file; of {ann_file!r} take the labels by labels='list'"
        )
    if classes is not None and labels is None:
        raise ValueError(
            'classes are given, but no labels: say labels="folders" or '
            'labels="list"'
        )


def _log(text: str) -> None:
    print_log(text, logger='current', level=logging.INFO)
