"""People with keypoints of a COCO json file, without pycocotools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmssl.datasets.coco_boxes import coco_content, usable_box
from mmssl.datasets.coco_entries import check_entries
from mmssl.io.errors import DataFileError

_SHOWN = 5


@dataclass(frozen=True)
class CocoPeople:
    """What a COCO file says of its people, one after another.

    Attributes:
        path: The file.
        files: ``file_name`` of each person's image, (M,).
        ids: Number of each person's annotation in the file, (M,) int64.
        boxes: (M, 4) float32 x1, y1, x2, y2 px, inside their image.
        areas: (M,) float32 px^2, of the person as the file says; of its box
            where it says nothing.
        keypoints: (M, K, 3) float32 x, y px and v: 0 not labelled, 1
            labelled but hidden, 2 visible.
        names: K names.
        left_out: What is wrong -> annotations left out for it.
    """

    path: str
    files: tuple[str, ...]
    ids: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    keypoints: np.ndarray
    names: tuple[str, ...]
    left_out: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.files)

    def told(self) -> list[str]:
        """Return a line for each reason to leave somebody out."""
        return [
            f'{len(found)} {reason}: {", ".join(found[:_SHOWN])}'
            + ', ...' * (len(found) > _SHOWN)
            for reason, found in sorted(self.left_out.items())
        ]


def read_coco_people(
    path: str | Path, min_keypoints: int = 1, min_size: float = 1.0
) -> CocoPeople:
    """Read the people of a COCO file of keypoints.

    Left out, counted and named: crowds, boxes of less than ``min_size`` px a
    side inside their image, people of images that are not listed, and those
    with fewer than ``min_keypoints`` labelled keypoints.

    Args:
        path: The file; ``images``, ``annotations`` (with ``bbox``,
            ``keypoints`` and, where there, ``area``) and the one category
            with ``keypoints``, their names, are read.
        min_keypoints: Labelled ones that a person needs, at least 1.
        min_size: Least width and height of a box, px.

    Returns:
        People in the order of the file.

    Raises:
        DataFileError: No such file, no JSON, a part or a field is missing,
            there is no category with keypoints, or an annotation has another
            number of them.
    """
    content = coco_content(path)
    check_entries(path, content)
    category, names = _category(path, content)
    images = {image['id']: image for image in content['images']}
    left_out: dict[str, list[str]] = {}
    kept: list[tuple] = []
    for annotation in content['annotations']:
        if annotation.get('category_id') != category:
            continue
        reason, box = usable_box(annotation, images, min_size)
        points = _points(path, annotation, len(names))
        if not reason and (points[:, 2] > 0).sum() < max(1, min_keypoints):
            reason = f'people with fewer than {min_keypoints} keypoints'
        if reason:
            left_out.setdefault(reason, []).append(_name(annotation))
            continue
        file = str(images[annotation['image_id']]['file_name'])
        area = annotation.get('area') or _area(box)
        kept.append((file, annotation.get('id', -1), box, area, points))
    return _packed(str(path), kept, names, left_out)


def _category(
    path: str | Path, content: Mapping[str, Any]
) -> tuple[Any, tuple[str, ...]]:
    """Return number and names of the one category with keypoints."""
    found = [one for one in content['categories'] if one.get('keypoints')]
    if len(found) != 1:
        raise DataFileError(
            path,
            f'{len(found)} categories have keypoints, one is needed',
            hint='Take the file of keypoints (person_keypoints_val2017.json), '
            'not that of instances',
        )
    return found[0]['id'], tuple(str(name) for name in found[0]['keypoints'])


def _points(path: str | Path, annotation: dict, number: int) -> np.ndarray:
    """Return (K, 3) keypoints of an annotation."""
    values = annotation.get('keypoints')
    try:
        points = np.array(values, np.float32).reshape(number, 3)
    except (TypeError, ValueError):
        points = np.full((1, 3), np.nan, np.float32)
    if not np.isfinite(points).all():
        raise DataFileError(
            path,
            f'{_name(annotation)}: keypoints must be {3 * number} numbers, x, '
            f'y and v of {number}, got {values!r:.60}',
        )
    return points


def _packed(
    path: str, kept: list, names: tuple[str, ...], left_out: dict
) -> CocoPeople:
    """Put what was kept into flat arrays."""
    columns = list(zip(*kept)) or [()] * 5
    return CocoPeople(
        path=path,
        files=tuple(columns[0]),
        ids=np.array(columns[1], np.int64),
        boxes=np.array(columns[2], np.float32).reshape(-1, 4),
        areas=np.array(columns[3], np.float32),
        keypoints=np.array(columns[4], np.float32).reshape(-1, len(names), 3),
        names=names,
        left_out={key: tuple(found) for key, found in left_out.items()},
    )


def _area(box: tuple[float, ...]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _name(annotation: dict) -> str:
    return (
        f'annotation {annotation.get("id")} '
        f'(image {annotation.get("image_id")})'
    )
