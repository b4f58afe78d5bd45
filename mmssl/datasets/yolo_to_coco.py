"""Turn boxes in YOLO text files into one COCO json file.

A label file has the name of its image and a line for each object: the class
and either the box (centre x, centre y, width, height) or a polygon (x, y of
its corners), as shares of the image's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmssl.datasets.coco_writer import (
    IMAGE_SUFFIXES,
    Box,
    class_names,
    files_by_stem,
    image_entry,
    note,
    write_coco,
)


def yolo_to_coco(
    labels: str | Path,
    images: str | Path,
    out: str | Path,
    classes: Sequence[str] | int | None = None,
) -> dict[str, list[str]]:
    """Write the COCO file of a folder of images and one of labels.

    Images without a label file stay in the list, without boxes. A class c
    gets the number c + 1.

    Args:
        labels: Folder of the text files.
        images: Folder of the images; both are searched with subfolders, and
            names below them must be equal.
        out: Json file to write.
        classes: Names by class, or how many; default: as many as occur,
            called ``class_0, class_1, ...``.

    Returns:
        What was left out, reason -> files and lines; 'images without labels'
        are listed too.

    Raises:
        DataFileError: A folder has no images or no labels.
        ValueError: A class that ``classes`` does not have; file and line are
            named.
    """
    pictures = files_by_stem(images, IMAGE_SUFFIXES)
    texts = files_by_stem(labels, ('.txt',))
    left_out: dict[str, list[str]] = {}
    for stem in sorted(texts.keys() - pictures.keys()):
        note(left_out, 'labels without an image', str(texts[stem]))
    listed: list[dict] = []
    found: list[Box] = []
    for stem in sorted(pictures):
        path = pictures[stem]
        entry = image_entry(path, Path(images), len(listed) + 1)
        if entry is None:
            note(left_out, 'files that are no images', str(path))
            continue
        listed.append(entry)
        if stem not in texts:
            note(left_out, 'images without labels', str(path))
            continue
        found += _objects(texts[stem], listed[-1], left_out)
    write_coco(out, listed, found, class_names(classes, found))
    return left_out


def _objects(
    text: Path, image: dict, left_out: dict[str, list[str]]
) -> list[Box]:
    """Read the objects of one label file."""
    objects = []
    lines = text.read_text('utf-8', errors='replace').splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f'{text}, line {number}'
        values = _numbers(line)
        if values is None:
            note(left_out, 'lines that are no object', where)
            continue
        box = _box(values[1:], image['width'], image['height'])
        if min(box[2:]) <= 0:
            note(left_out, 'boxes without an area in the image', where)
            continue
        objects.append(Box(image['id'], int(values[0]), box, where))
    return objects


def _numbers(line: str) -> list[float] | None:
    """Return the numbers of a line; None if it is no object's."""
    try:
        values = [float(word) for word in line.split()]
    except ValueError:
        return None
    box, polygon = len(values) == 5, len(values) >= 7 and len(values) % 2
    right_class = bool(values) and values[0] >= 0 and values[0] % 1 == 0
    finite = all(abs(value) < 1e6 for value in values)
    return values if (box or polygon) and right_class and finite else None


def _box(
    shares: Sequence[float], width: int, height: int
) -> tuple[float, float, float, float]:
    """Return x, y, w, h in px, cut off at the border of the image.

    Example:
        >>> _box([0.5, 0.5, 0.5, 1.0], 100, 40)
        (25.0, 0.0, 50.0, 40.0)
        >>> _box([0.1, 0.2, 0.3, 0.2, 0.3, 0.7], 100, 40)
        (10.0, 8.0, 20.0, 20.0)
    """
    if len(shares) == 4:
        x, y, w, h = shares
        corners = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
    else:
        xs, ys = shares[0::2], shares[1::2]
        corners = [min(xs), min(ys), max(xs), max(ys)]
    left, top, right, bottom = (
        min(max(share, 0.0), 1.0) * side
        for share, side in zip(corners, (width, height) * 2)
    )
    w, h = round(right - left, 3), round(bottom - top, 3)
    return round(left, 3), round(top, 3), w, h
