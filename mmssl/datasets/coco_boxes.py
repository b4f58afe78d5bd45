"""Boxes and labels of a COCO json file, without pycocotools.

Kept as a few flat arrays: a worker of a loader shares them with its parent
instead of copying a million small objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmssl.datasets.coco_entries import check_entries, four_numbers
from mmssl.io.errors import DataFileError

_PARTS = ('images', 'annotations', 'categories')


@dataclass(frozen=True)
class CocoBoxes:
    """What a COCO file says of its images.

    Attributes:
        path: The file.
        names: ``file_name`` of each image, (N,).
        ids: Number of each image in the file, (N,) int64.
        starts: Boxes of image i are ``starts[i]:starts[i + 1]``, (N + 1,).
        boxes: (M, 4) float32 x1, y1, x2, y2 px, inside their image.
        labels: (M,) int64, position in ``classes``.
        classes: Names of the categories, in the order of their numbers.
        left_out: What is wrong -> the annotations or images left out for it.
    """

    path: str
    names: tuple[str, ...]
    ids: np.ndarray
    starts: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    left_out: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.names)

    def of_image(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return boxes (K, 4) and labels (K,) of image ``index``, copied."""
        part = slice(self.starts[index], self.starts[index + 1])
        return self.boxes[part].copy(), self.labels[part].copy()

    def told(self, names: int = 5) -> list[str]:
        """Return a line for each reason to leave something out."""
        return [
            f'{len(found)} {reason}: {", ".join(found[:names])}'
            + (
                f' ... ({len(found) - names} more)'
                if len(found) > names
                else ''
            )
            for reason, found in sorted(self.left_out.items())
        ]


def read_coco_boxes(
    path: str | Path,
    classes: Sequence[str] | None = None,
    min_size: float = 1.0,
) -> CocoBoxes:
    """Read a COCO json file.

    Boxes are cut off at the border of their image. Left out, counted and
    named: crowds, boxes of less than ``min_size`` px a side after the cut,
    boxes of images that the file does not list, images without any box left.

    Args:
        path: The file; only ``images`` (id, file_name, width, height),
            ``annotations`` (image_id, category_id, bbox x, y, w, h; iscrowd)
            and ``categories`` (id, name) are read.
        classes: Names in the order of the labels; default: the file's, in
            the order of their numbers. Give the training set's where two
            files differ.
        min_size: Least width and height of a box, px.

    Returns:
        Images and boxes in the order of the file.

    Raises:
        DataFileError: No such file, no JSON, or a part or a field of an
            entry is missing.
        ValueError: A box without a label, with one that the file does not
            list, or with one that is not among ``classes``; names it.
    """
    content = coco_content(path)
    check_entries(path, content)
    numbers, listed = _numbers(content['categories'], classes, str(path))
    images = {image['id']: image for image in content['images']}
    left_out: dict[str, list[str]] = {}
    rows: dict[Any, list[tuple[Any, int]]] = {key: [] for key in images}
    for annotation in content['annotations']:
        reason, box = usable_box(annotation, images, min_size)
        if reason:
            left_out.setdefault(reason, []).append(_name(annotation))
            continue
        label = _label(annotation, numbers, str(path))
        rows[annotation['image_id']].append((box, label))
    empty = [images[key]['file_name'] for key in images if not rows[key]]
    if empty:
        left_out['images without a box'] = empty
    return _packed(str(path), images, rows, listed, left_out)


def coco_content(path: str | Path) -> dict[str, Any]:
    """Read a file and see that it is one of COCO.

    Args:
        path: The file.

    Returns:
        What it holds, with the lists images, annotations and categories.

    Raises:
        DataFileError: No such file, no JSON, or a list is missing.
    """
    try:
        content = json.loads(Path(path).read_text('utf-8'))
    except FileNotFoundError as error:
        raise DataFileError(path, 'no such file') from error
    except (ValueError, RecursionError) as error:
        raise DataFileError(path, f'is no JSON: {error}') from error
    missing = [
        part
        for part in _PARTS
        if not isinstance(content, Mapping)
        or not isinstance(content.get(part), list)
    ]
    if missing:
        raise DataFileError(
            path,
            f'has no list {", ".join(missing)}',
            hint='A COCO file of instances has the lists images, annotations '
            'and categories',
        )
    return dict(content)


def _numbers(
    categories: list[dict], classes: Sequence[str] | None, path: str
) -> tuple[dict[Any, int | str], tuple[str, ...]]:
    """Map numbers of categories to labels, or to a name without a label."""
    ordered = sorted(categories, key=lambda category: category['id'])
    own = tuple(str(category['name']) for category in ordered)
    listed = tuple(classes) if classes is not None else own
    if len(set(listed)) < len(listed):
        raise ValueError(f'{path}: names of classes repeat: {list(listed)}')
    if not listed:
        raise ValueError(f'{path}: there are no categories, so no labels')
    places = {name: place for place, name in enumerate(listed)}
    numbers: dict[Any, int | str] = {
        category['id']: places.get(name, name)
        for category, name in zip(ordered, own)
    }
    return numbers, listed


def usable_box(
    annotation: dict, images: Mapping[Any, dict], min_size: float
) -> tuple[str, tuple[float, ...]]:
    """Return why an annotation is left out ('': it is not), and its box.

    Args:
        annotation: Of a COCO file.
        images: Its images by number.
        min_size: Least side of a box, px.

    Returns:
        The reason; x1, y1, x2, y2 px inside the image.
    """
    if annotation.get('iscrowd'):
        return 'crowds', ()
    image = images.get(annotation.get('image_id'))
    if image is None:
        return 'boxes of images that are not listed', ()
    values: Sequence[float] = annotation.get('bbox') or []
    if not four_numbers(values):
        return 'boxes that are not four numbers', ()
    x, y, w, h = values
    left, top = max(x, 0.0), max(y, 0.0)
    right, bottom = min(x + w, image['width']), min(y + h, image['height'])
    if right - left < min_size or bottom - top < min_size:
        return f'boxes of less than {min_size:g} px a side', ()
    return '', (left, top, right, bottom)


def _label(annotation: dict, numbers: Mapping, path: str) -> int:
    """Return the label of a box, or say what is wrong with it."""
    number = annotation.get('category_id')
    if number not in numbers:
        raise ValueError(
            f'{path}: {_name(annotation)} has category_id {number!r}, which '
            f'is none of the {len(numbers)} categories of the file '
            f'({_some(sorted(numbers))}): add it to categories, or leave the '
            'annotation out'
        )
    label = numbers[number]
    if isinstance(label, str):
        raise ValueError(
            f'{path}: {_name(annotation)} is of the class {label!r}, which '
            'is not among the classes asked for: give them all, in the order '
            'of the training set'
        )
    return label


def _packed(
    path: str, images: dict, rows: dict, classes: tuple, left_out: dict
) -> CocoBoxes:
    """Flatten what was kept."""
    kept = [key for key in images if rows[key]]
    counts = [len(rows[key]) for key in kept]
    flat = [pair for key in kept for pair in rows[key]]
    return CocoBoxes(
        path=path,
        names=tuple(str(images[key]['file_name']) for key in kept),
        ids=np.array([int(key) for key in kept], np.int64),
        starts=np.cumsum([0, *counts]).astype(np.int64),
        boxes=np.array([box for box, _ in flat], np.float32).reshape(-1, 4),
        labels=np.array([label for _, label in flat], np.int64),
        classes=classes,
        left_out={key: tuple(names) for key, names in left_out.items()},
    )


def _name(annotation: dict) -> str:
    return (
        f'annotation {annotation.get("id")} '
        f'(image {annotation.get("image_id")})'
    )


def _some(values: Sequence, number: int = 10) -> str:
    shown = ', '.join(str(value) for value in values[:number])
    return shown + (', ...' if len(values) > number else '')
