"""Images with labelled boxes, from a COCO json file."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from mmengine.logging import print_log

from mmssl.datasets.choice import Indices, choose
from mmssl.datasets.chosen_dataset import ChosenDataset
from mmssl.datasets.coco_boxes import read_coco_boxes
from mmssl.registry import DATASETS


@DATASETS.register_module()
class CocoRegions(ChosenDataset):
    """The ground-truth boxes of a COCO file, image by image.

    Crowds, degenerate boxes and images without a box are left out, counted
    and named once in the log (``left_out``). Needs neither mmdet nor
    pycocotools.

    Keys of a sample: img_path, gt_bboxes (K, 4) float32 x1, y1, x2, y2 px of
    the file's image, gt_bboxes_labels (K,) int64, source ("FILE, image ID"),
    sample_idx, rng.

    Args:
        ann_file: COCO json, relative to ``data_root``.
        img_root: Folder of the images, relative to ``data_root``.
        data_root: Folder that relative paths start from.
        classes: Names in the order of the labels; default: the file's
            categories by number.
        min_size: Least side of a box, px.
        indices: Keep the first (n > 0) or last (n < 0) images, or these.
        seed: Seed of all augmentation.
        **kwargs: pipeline, unreadable, max_refetch, test_mode and lazy_init
            of :class:`~mmssl.datasets.drawn_dataset.DrawnDataset`.

    Raises:
        DataFileError: The file is missing or no COCO file.
        ValueError: Labels missing or out of range, or no box at all.
    """

    METAINFO = dict(dataset_type='coco_regions', task_name='regions')

    def __init__(
        self,
        ann_file: str,
        img_root: str = '',
        data_root: str = '',
        classes: Sequence[str] | None = None,
        min_size: float = 1.0,
        indices: Indices = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        self.classes = None if classes is None else tuple(classes)
        self.min_size = min_size
        self.img_root = os.path.join(data_root or '', img_root)
        super().__init__(
            seed=seed,
            ann_file=ann_file,
            data_root=data_root or '',
            data_prefix={},
            indices=indices,
            **kwargs,
        )

    def full_init(self) -> None:
        """Read the file; nothing if that is done already."""
        if self._fully_initialized:
            return
        self._coco = read_coco_boxes(
            self.ann_file, self.classes, self.min_size
        )
        if not len(self._coco):
            told = '; '.join(self._coco.told())
            raise ValueError(
                f'{self.ann_file} has no box to use' + f': {told}' * bool(told)
            )
        self._metainfo['classes'] = self._coco.classes
        self._chosen = choose(range(len(self._coco)), self._indices)
        self._fully_initialized = True
        self._tell_left_out()
        self.leave_out_unreadable()

    def get_data_info(self, idx: int) -> dict:
        """Return the boxes of one image.

        Args:
            idx: Index; negative counts from the end.

        Raises:
            IndexError: No such image.
        """
        self.full_init()
        sample_idx = self.checked_index(idx)
        place = int(self._chosen[sample_idx])
        boxes, labels = self._coco.of_image(place)
        return dict(
            img_path=os.path.join(self.img_root, self._coco.names[place]),
            gt_bboxes=boxes,
            gt_bboxes_labels=labels,
            source=f'{self.ann_file}, image {self._coco.ids[place]}',
            sample_idx=sample_idx,
        )

    def _tell_left_out(self) -> None:
        """Log once what is not used and why."""
        lines = self._coco.told()
        self.left_out += lines
        if lines:
            print_log(
                f'{self.ann_file}: left out\n  ' + '\n  '.join(lines),
                logger='current',
                level=logging.WARNING,
            )

    def _join_prefix(self) -> None:
        """Make ``ann_file`` a path below ``data_root``."""
        if not isinstance(self.ann_file, (str, os.PathLike)) or not str(
            self.ann_file
        ):
            raise ValueError(
                f'ann_file must be a COCO json file, got {self.ann_file!r}'
            )
        self.ann_file = os.path.join(self.data_root, self.ann_file)
