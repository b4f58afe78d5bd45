"""Annotations of COCO from masks and keypoints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmssl.worlds.coco_masks import coco_mask, mask_box
from mmssl.worlds.puppets.parts import KEYPOINTS, OBJECT_CATEGORIES

KINDS = ('person', *OBJECT_CATEGORIES)
# Pairs of keypoints that are joined, from 1.
SKELETON = (
    *((16, 14), (14, 12), (17, 15), (15, 13), (12, 13)),
    *((6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11)),
    *((2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7)),
)
# Less of somebody cannot be told from the background: crowds, which are
# neither trained with nor judged.
LEAST_VISIBILITY = 0.1
LEAST_AREA_PX = 24


def object_annotation(
    mask: np.ndarray,
    kind: str,
    visibility: float = 1.0,
    full_box: Sequence[float] | np.ndarray | None = None,
    keypoints: np.ndarray | None = None,
) -> dict[str, Any] | None:
    """Return the annotation of one object, without its numbers.

    ``bbox`` is tight around the mask, as in COCO; ``vis_bbox`` is the same
    (the name in CityPersons), ``full_bbox`` the box of the whole object.
    Objects of which too little is seen are crowds, without keypoints.

    Args:
        mask: (H, W) bool, pixels that are seen.
        kind: One of :data:`KINDS`.
        visibility: Pixels seen / pixels of the whole object in the frame.
        full_box: x1, y1, x2, y2 of the whole object, px; None: as seen.
        keypoints: (17, 3) x, y in px and v: 0 outside, 1 hidden, 2 seen.

    Returns:
        None where nothing is seen.
    """
    area = int(np.count_nonzero(mask))
    if not area:
        return None
    box = mask_box(mask)
    crowd = visibility < LEAST_VISIBILITY or area < LEAST_AREA_PX
    entry = dict(
        category_id=KINDS.index(kind) + 1,
        bbox=box,
        area=area,
        iscrowd=int(crowd),
        segmentation=coco_mask(mask),
        visibility=round(float(visibility), 4),
        vis_bbox=box,
        full_bbox=box if full_box is None else _xywh(full_box),
    )
    if keypoints is not None:
        entry.update(_keypoint_fields(keypoints, crowd))
    return entry


def coco_json(
    images: Sequence[dict[str, Any]],
    objects: Sequence[Sequence[dict[str, Any]]],
    persons_only: bool = False,
) -> bytes:
    """Return a COCO file.

    Args:
        images: file_name, width and height of each; numbered from 1.
        objects: Of each image, annotations of :func:`object_annotation`.
        persons_only: Write persons with keypoints; else all objects without.

    Returns:
        JSON.
    """
    kinds = KINDS[:1] if persons_only else KINDS
    categories = [
        dict(id=i, name=name, supercategory='puppets')
        for i, name in enumerate(kinds, 1)
    ]
    if persons_only:
        categories[0].update(keypoints=KEYPOINTS, skeleton=SKELETON)
    content = dict(
        info=dict(description='puppets, a generated world'),
        licenses=[],
        images=[dict(id=i, **image) for i, image in enumerate(images, 1)],
        annotations=_numbered(objects, persons_only),
        categories=categories,
    )
    return json.dumps(content, separators=(',', ':')).encode()


def _numbered(
    objects: Sequence[Sequence[dict[str, Any]]], persons_only: bool
) -> list[dict[str, Any]]:
    """Give each annotation its number and that of its image."""
    left_out = () if persons_only else ('keypoints', 'num_keypoints')
    found: list[dict[str, Any]] = []
    number = 0
    for image, entries in enumerate(objects, 1):
        for entry in entries:
            number += 1  # the same in both files
            if persons_only and entry['category_id'] != 1:
                continue
            kept = {k: v for k, v in entry.items() if k not in left_out}
            found.append(dict(id=number, image_id=image, **kept))
    return found


def _keypoint_fields(keypoints: np.ndarray, crowd: bool) -> dict[str, Any]:
    """Return keypoints as COCO has them: zeros where they are outside."""
    points = np.array(keypoints, np.float64)
    points[(points[:, 2] == 0) | crowd] = 0
    values = np.round(points, 2).ravel().tolist()
    values[2::3] = [int(v) for v in values[2::3]]
    return dict(
        keypoints=values, num_keypoints=int(np.count_nonzero(points[:, 2]))
    )


def _xywh(box: Sequence[float] | np.ndarray) -> list[float]:
    x1, y1, x2, y2 = (float(value) for value in box)
    values = (x1, y1, x2 - x1, y2 - y1)
    return [round(value, 2) for value in values]
