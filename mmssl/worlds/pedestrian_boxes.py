"""Boxes of whole people with their visibility, as CityPersons has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def pedestrian_json(
    images: Sequence[dict[str, Any]],
    objects: Sequence[Sequence[dict[str, Any]]],
) -> bytes:
    """Return a COCO file of people whose ``bbox`` is that of the whole body.

    As in CityPersons: ``vis_bbox`` and ``vis_ratio`` tell what is seen,
    ``height`` how tall they are; people of whom too little is seen are crowds.

    Args:
        images: file_name, width and height of each; numbered from 1.
        objects: Of each image, annotations of
            :func:`~mmssl.worlds.coco_annotations.object_annotation`.

    Returns:
        JSON.
    """
    annotations = [
        dict(image_id=image, **_pedestrian(entry))
        for image, entries in enumerate(objects, 1)
        for entry in entries
        if entry['category_id'] == 1
    ]
    content = dict(
        images=[
            dict(id=i, im_name=image['file_name'], **image)
            for i, image in enumerate(images, 1)
        ],
        annotations=[
            dict(id=i, **one) for i, one in enumerate(annotations, 1)
        ],
        categories=[dict(id=1, name='pedestrian')],
    )
    return json.dumps(content, separators=(',', ':')).encode()


def _pedestrian(entry: dict[str, Any]) -> dict[str, Any]:
    box, ratio = entry['full_bbox'], entry['visibility']
    return dict(
        category_id=1,
        bbox=box,
        vis_bbox=entry['vis_bbox'],
        vis_ratio=ratio,
        height=box[3],
        area=round(box[2] * box[3], 2),
        iscrowd=entry['iscrowd'],
    )
