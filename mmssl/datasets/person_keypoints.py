"""People with keypoints, one person a sample."""

from __future__ import annotations

import logging
import os
from typing import Any

from mmengine.logging import print_log

from mmssl.datasets.choice import Indices, choose
from mmssl.datasets.chosen_dataset import ChosenDataset
from mmssl.datasets.coco_people import read_coco_people
from mmssl.registry import DATASETS


@DATASETS.register_module()
class PersonKeypoints(ChosenDataset):
    """The people of a COCO file of keypoints, one after another.

    Crowds, people without labelled keypoints and degenerate boxes are left
    out, counted and named once in the log (``left_out``). Needs neither
    mmpose nor pycocotools.

    Keys of a sample: img_path, person_box (4,) float32 x1, y1, x2, y2 px of
    the file's image, person_area px^2, keypoints (K, 3) float32 x, y, v,
    source ("FILE, annotation ID"), sample_idx, rng.

    Args:
        ann_file: COCO json, relative to ``data_root``.
        img_root: Folder of the images, relative to ``data_root``.
        data_root: Folder that relative paths start from.
        min_keypoints: Labelled ones that a person needs.
        min_size: Least side of a person's box, px.
        indices: Keep the first (n > 0) or last (n < 0) people, or these.
        seed: Seed of all augmentation.
        **kwargs: pipeline, unreadable, max_refetch, test_mode and lazy_init
            of :class:`~mmssl.datasets.drawn_dataset.DrawnDataset`.

    Raises:
        DataFileError: The file is missing or no COCO file of keypoints.
        ValueError: Nobody is left.
    """

    METAINFO = dict(dataset_type='person_keypoints', task_name='keypoints')

    def __init__(
        self,
        ann_file: str,
        img_root: str = '',
        data_root: str = '',
        min_keypoints: int = 1,
        min_size: float = 8.0,
        indices: Indices = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        self.min_keypoints, self.min_size = min_keypoints, min_size
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
        self._people = read_coco_people(
            self.ann_file, self.min_keypoints, self.min_size
        )
        lines = self._people.told()
        if not len(self._people):
            told = f': {"; ".join(lines)}' if lines else ''
            raise ValueError(f'{self.ann_file} has nobody to use{told}')
        self._metainfo['classes'] = self._people.names
        self._chosen = choose(range(len(self._people)), self._indices)
        self._fully_initialized = True
        self.left_out += lines
        if lines:
            print_log(
                f'{self.ann_file}: left out\n  ' + '\n  '.join(lines),
                logger='current',
                level=logging.INFO,
            )
        self.leave_out_unreadable()

    def get_data_info(self, idx: int) -> dict:
        """Return one person.

        Args:
            idx: Index; negative counts from the end.

        Raises:
            IndexError: No such person.
        """
        self.full_init()
        sample_idx = self.checked_index(idx)
        place = int(self._chosen[sample_idx])
        people = self._people
        return dict(
            img_path=os.path.join(self.img_root, people.files[place]),
            person_box=people.boxes[place].copy(),
            person_area=float(people.areas[place]),
            keypoints=people.keypoints[place].copy(),
            source=f'{self.ann_file}, annotation {people.ids[place]}',
            sample_idx=sample_idx,
        )

    def _join_prefix(self) -> None:
        """Make ``ann_file`` a path below ``data_root``."""
        if not str(self.ann_file or ''):
            raise ValueError(
                f'ann_file must be a COCO json file, got {self.ann_file!r}'
            )
        self.ann_file = os.path.join(self.data_root, self.ann_file)
