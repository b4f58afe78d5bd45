"""Turn index masks of a segmentation into boxes in one COCO json file.

A mask has the name of its image and a class in each pixel. Each connected
piece of a class becomes a box: an object that something divides becomes
several, two that touch become one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mmssl.datasets.coco_writer import (
    IMAGE_SUFFIXES,
    Box,
    class_names,
    files_by_stem,
    image_entry,
    note,
    write_coco,
)
from mmssl.io.errors import DataFileError
from mmssl.io.index_masks import read_index_mask


def masks_to_coco(
    masks: str | Path,
    images: str | Path,
    out: str | Path,
    classes: Sequence[str] | int | None = None,
    ignored: Sequence[int] = (0, 255),
    min_size: int = 8,
) -> dict[str, list[str]]:
    """Write the COCO file of a folder of images and one of masks.

    Args:
        masks: Folder of 8- or 16-bit images with a class in each pixel.
        images: Folder of the images; both are searched with subfolders, and
            names below them must be equal.
        out: Json file to write.
        classes: Names by class, the ignored ones included, or how many;
            default: as many as occur, called ``class_0, class_1, ...``.
        ignored: Classes that are no objects.
        min_size: Least side of a box, px.

    Returns:
        What was left out, reason -> files; 'images without a mask' are
        listed too, and smaller boxes by their mask and how many.

    Raises:
        DataFileError: A folder has no images or no masks; a file cannot be
            read, or is no index mask of its image's size.
        ValueError: A class that ``classes`` does not have, or ``min_size``
            below 1.
    """
    if min_size < 1:
        raise ValueError(f'min_size must be >= 1, got {min_size}')
    pictures = files_by_stem(images, IMAGE_SUFFIXES)
    drawn = files_by_stem(masks, ('.bmp', '.png', '.tif', '.tiff'))
    left_out: dict[str, list[str]] = {}
    for stem in sorted(drawn.keys() - pictures.keys()):
        note(left_out, 'masks without an image', str(drawn[stem]))
    listed: list[dict] = []
    boxes: list[Box] = []
    for stem, path in sorted(pictures.items()):
        if stem not in drawn:
            note(left_out, 'images without a mask', str(path))
            continue
        entry = image_entry(path, Path(images), len(listed) + 1)
        if entry is None:
            note(left_out, 'files that are no images', str(path))
            continue
        listed.append(entry)
        mask = _read(drawn[stem], (entry['height'], entry['width']))
        found = mask_boxes(mask, ignored)
        large = [row for row in found if min(row[3:]) >= min_size]
        boxes += [
            Box(entry['id'], kind, (x, y, w, h), str(drawn[stem]))
            for kind, x, y, w, h in large
        ]
        if len(large) < len(found):
            text = f'{drawn[stem]} ({len(found) - len(large)})'
            note(left_out, f'masks with boxes below {min_size} px', text)
    write_coco(out, listed, boxes, class_names(classes, boxes))
    return left_out


def mask_boxes(
    mask: NDArray, ignored: Sequence[int] = (0, 255)
) -> list[tuple[int, int, int, int, int]]:
    """Return the box of each connected piece of each class.

    Pixels that touch at a corner are connected.

    Args:
        mask: (H, W) integers, the class of each pixel.
        ignored: Classes without boxes.

    Returns:
        Class, x, y, width and height of each, px, by class.

    Example:
        >>> mask_boxes(np.array([[0, 3, 3], [3, 0, 0], [0, 0, 2]]))
        [(2, 2, 2, 1, 1), (3, 0, 0, 3, 2)]
    """
    rows = []
    for kind in sorted(set(np.unique(mask).tolist()) - set(ignored)):
        piece = (mask == kind).astype(np.uint8)
        stats = cv2.connectedComponentsWithStats(piece, connectivity=8)[2]
        for x, y, w, h, _ in stats[1:].tolist():
            rows.append((kind, x, y, w, h))
    return rows


def _read(path: Path, size: tuple[int, int]) -> NDArray:
    """Read a mask with its numbers as they are, those of a palette too."""
    mask = read_index_mask(path)
    if mask.shape != size:
        raise DataFileError(
            path,
            f'is {mask.shape[0]} x {mask.shape[1]} (height x width), its '
            f'image {size[0]} x {size[1]}',
        )
    return mask.astype(np.int64)
