"""Turn boxes in YOLO text files into one COCO json file.

A label file has the name of its image and a line for each object: the class
and either the box (centre x, centre y, width, height) or a polygon (x, y of
its corners), as shares of the image's size.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmssl.io.errors import DataFileError
from mmssl.io.file_bytes import Retry, read_bytes
from mmssl.io.image_header import image_size

SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.webp')


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
    pictures = _by_stem(images, SUFFIXES)
    texts = _by_stem(labels, ('.txt',))
    left_out: dict[str, list[str]] = {}
    for stem in sorted(texts.keys() - pictures.keys()):
        _note(left_out, 'labels without an image', str(texts[stem]))
    listed: list[dict] = []
    found: list[dict] = []
    for stem in sorted(pictures):
        path = pictures[stem]
        size = image_size(read_bytes(path, Retry()))
        if size is None:
            _note(left_out, 'files that are no images', str(path))
            continue
        listed.append(
            dict(
                id=len(listed) + 1,
                file_name=path.relative_to(images).as_posix(),
                width=size[0],
                height=size[1],
            )
        )
        if stem not in texts:
            _note(left_out, 'images without labels', str(path))
            continue
        found += _objects(texts[stem], listed[-1], left_out)
    names = _names(classes, found)
    _write(Path(out), listed, found, names)
    return left_out


def _by_stem(folder: str | Path, suffixes: Sequence[str]) -> dict[str, Path]:
    """Return the files below a folder, by their path without suffix."""
    folder = Path(folder)
    files = [
        file
        for file in sorted(folder.rglob('*'))
        if file.suffix.lower() in suffixes
    ]
    if not files:
        raise DataFileError(
            folder,
            f'has no files ending in {", ".join(suffixes)}'
            if folder.is_dir()
            else 'no such folder',
        )
    return {
        file.relative_to(folder).with_suffix('').as_posix(): file
        for file in files
    }


def _objects(
    text: Path, image: dict, left_out: dict[str, list[str]]
) -> list[dict]:
    """Read the objects of one label file."""
    objects = []
    lines = text.read_text('utf-8', errors='replace').splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f'{text}, line {number}'
        values = _numbers(line)
        if values is None:
            _note(left_out, 'lines that are no object', where)
            continue
        box = _box(values[1:], image['width'], image['height'])
        if min(box[2:]) <= 0:
            _note(left_out, 'boxes without an area in the image', where)
            continue
        objects.append(dict(where=where, kind=int(values[0]), box=box))
        objects[-1]['image'] = image['id']
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


def _box(shares: Sequence[float], width: int, height: int) -> list[float]:
    """Return x, y, w, h in px, cut off at the border of the image.

    Example:
        >>> _box([0.5, 0.5, 0.5, 1.0], 100, 40)
        [25.0, 0.0, 50.0, 40.0]
        >>> _box([0.1, 0.2, 0.3, 0.2, 0.3, 0.7], 100, 40)
        [10.0, 8.0, 20.0, 20.0]
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
    values = (left, top, right - left, bottom - top)
    return [round(value, 3) for value in values]


def _names(
    classes: Sequence[str] | int | None, found: Sequence[dict]
) -> list[str]:
    """Return the names of all classes, and see that they are enough."""
    most = max((o['kind'] for o in found), default=-1)
    if classes is None:
        classes = most + 1
    if isinstance(classes, int):
        classes = [f'class_{number}' for number in range(classes)]
    if most >= len(classes):
        wrong = next(o for o in found if o['kind'] >= len(classes))
        raise ValueError(
            f'{wrong["where"]}: class {wrong["kind"]}, but there are '
            f'{len(classes)} classes (0 to {len(classes) - 1}): give the '
            'names of all'
        )
    return list(classes)


def _write(
    out: Path,
    listed: Sequence[dict],
    found: Sequence[dict],
    names: Sequence[str],
) -> None:
    annotations: list[dict[str, Any]] = [
        dict(
            id=number,
            image_id=o['image'],
            category_id=o['kind'] + 1,
            bbox=o['box'],
            area=round(o['box'][2] * o['box'][3], 3),
            iscrowd=0,
        )
        for number, o in enumerate(found, 1)
    ]
    categories = [dict(id=i, name=name) for i, name in enumerate(names, 1)]
    content = dict(
        images=list(listed), annotations=annotations, categories=categories
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f'.{out.name}.partial')
    try:
        partial.write_text(json.dumps(content))
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def _note(left_out: dict[str, list[str]], reason: str, name: str) -> None:
    left_out.setdefault(reason, []).append(name)
