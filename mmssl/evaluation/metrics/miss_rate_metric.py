"""Validation metric of pedestrian detectors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.fileio import load

from mmssl.evaluation.miss_rate import (
    SETUPS,
    Found,
    People,
    log_average_miss_rate,
)
from mmssl.registry import METRICS


@METRICS.register_module()
class MissRateMetric(BaseMetric):
    """Log-average miss rate MR^-2 of people, by height and visibility.

    Reads the labels from a COCO json whose annotations have, beside ``bbox``
    (of the whole person), the visible share. Annotations with ``ignore`` or
    ``iscrowd`` are ignored regions, whatever their category; those of other
    categories play no part. Works with the detectors of mmdet
    (``custom_imports = dict(imports=['mmssl.evaluation'])``).

    Results, under the prefix ``miss_rate``, in %, lower is better:
    ``reasonable``, ``small``, ``heavy``, ``all`` (see
    :data:`mmssl.evaluation.miss_rate.SETUPS`); setups in which nobody counts
    are left out.

    Args:
        ann_file: COCO json.
        category: Name of the people's category, in the json and among the
            detector's classes.
        visibility: Name of the field with the visible share, in [0, 1].
        setups: Names of the setups.
        collect_device: 'gpu' gathers results through the process group,
            whichever backend it has; 'cpu' through files.
        prefix: Prefix of the results.
        collect_dir: Folder for 'cpu'.

    Raises:
        ValueError: Unknown setup; the json has no such category, or people
            without the field.
    """

    default_prefix = 'miss_rate'

    def __init__(
        self,
        ann_file: str,
        category: str = 'person',
        visibility: str = 'visibility',
        setups: Sequence[str] = tuple(SETUPS),
        collect_device: str = 'gpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix, collect_dir)
        unknown = sorted(set(setups) - set(SETUPS))
        if unknown:
            raise ValueError(
                f'no setup {unknown[0]!r}; there are {sorted(SETUPS)}'
            )
        self.ann_file = ann_file
        self.category = category
        self.visibility = visibility
        self.setups = tuple(setups)

    def process(
        self, data_batch: Mapping, data_samples: Sequence[dict]
    ) -> None:
        """Keep the detections of one batch.

        Args:
            data_batch: Unused.
            data_samples: For each image ``img_id`` and ``pred_instances``
                with ``bboxes`` (D, 4) xyxy px of the original image,
                ``scores`` (D,) and ``labels`` (D,).

        Raises:
            ValueError: The category is not among the detector's classes.
        """
        classes = list((self.dataset_meta or {}).get('classes', ()))
        if self.category not in classes:
            raise ValueError(
                f'MissRateMetric is about {self.category!r}, but the '
                f'classes of the data set are {sorted(classes)}'
            )
        label = classes.index(self.category)
        for sample in data_samples:
            found = sample['pred_instances']
            mine = _array(found['labels']) == label
            boxes = _array(found['bboxes']).reshape(-1, 4)[mine]
            scores = _array(found['scores'])[mine]
            name = os.path.basename(str(sample.get('img_path') or ''))
            # a plain tuple: gathering would make one of a named one, too
            self.results.append((sample['img_id'], name, boxes, scores))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Return the miss rates.

        Args:
            results: (image id, file name or '', boxes, scores) of each image
                of the whole set.

        Raises:
            ValueError: There is not one image, or the json knows another one
                by that number.
        """
        if not results:
            raise ValueError('MissRateMetric got no image: empty set?')
        check_images(self.ann_file, [row[:2] for row in results])
        people = read_people(self.ann_file, self.category, self.visibility)
        images = [
            (people[image], Found(boxes, scores))
            for image, _, boxes, scores in results
        ]
        rates = {
            name: log_average_miss_rate(images, SETUPS[name])
            for name in self.setups
        }
        return {name: rate for name, rate in rates.items() if rate == rate}


def check_images(ann_file: str, seen: Sequence[tuple[int, str]]) -> None:
    """Refuse to judge the detections of one image by the labels of another.

    The data set may read another json than the metric (CityPersons has two),
    with other numbers for the same images.

    Args:
        ann_file: COCO json; images have ``file_name`` or ``im_name``.
        seen: Number and name (or '') of each image that was looked at.

    Raises:
        ValueError: The json has no such number, or another image by it.
    """
    known = {
        image['id']: str(image.get('file_name') or image.get('im_name') or '')
        for image in load(ann_file)['images']
    }
    for number, name in seen:
        there = os.path.basename(known.get(number, ''))
        if number in known and (not name or not there or name == there):
            continue
        raise ValueError(
            f'image {number} of the data set is {name or "not named"}, of '
            f'{ann_file} {there or "none"}: data set and MissRateMetric need '
            'jsons that number the images alike'
        )


def read_people(
    ann_file: str, category: str, visibility: str
) -> dict[int, People]:
    """Return who is in each image of a COCO json.

    Args:
        ann_file: The json.
        category: Name of the people's category.
        visibility: Name of the field with the visible share.

    Returns:
        Image id -> people and ignored regions; every image has an entry.

    Raises:
        ValueError: No such category, or a person without the field.
    """
    labels = load(ann_file)
    names = {part['name']: part['id'] for part in labels['categories']}
    if category not in names:
        raise ValueError(
            f'{ann_file} has no category {category!r}, only {sorted(names)}'
        )
    rows: dict[int, list] = {image['id']: [] for image in labels['images']}
    for part in labels['annotations']:
        ignored = bool(part.get('ignore') or part.get('iscrowd'))
        if not ignored and part['category_id'] != names[category]:
            continue
        if not ignored and visibility not in part:
            raise ValueError(
                f'annotation {part["id"]} of {ann_file} has no '
                f'{visibility!r}, only {sorted(part)}: name the field with '
                'the visible share'
            )
        x, y, width, height = part['bbox']
        share = part.get(visibility, 0.0)
        box = (x, y, x + width, y + height, share, ignored)
        rows[part['image_id']].append(box)
    return {image: _people(found) for image, found in rows.items()}


def _people(rows: list) -> People:
    table = np.array(rows, dtype=float).reshape(-1, 6)
    return People(table[:, :4], table[:, 4], table[:, 5].astype(bool))


def _array(values: Any) -> np.ndarray:
    return np.asarray(values.cpu())
