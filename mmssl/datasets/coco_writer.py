"""Write images and boxes as a COCO json file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmssl.io.errors import DataFileError
from mmssl.io.file_bytes import Retry, read_bytes
from mmssl.io.image_header import image_size
from mmssl.utils.whole_file import written_whole

IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.webp')


class Box(NamedTuple):
    """A labelled box.

    Attributes:
        image: ``id`` of its image.
        kind: Class, from 0.
        xywh: x, y, width, height, px.
        where: File and place that it is from, for messages.
    """

    image: int
    kind: int
    xywh: tuple[float, float, float, float]
    where: str = ''


def files_by_stem(
    folder: str | Path, suffixes: Sequence[str]
) -> dict[str, Path]:
    """Return the files below a folder, by their path without suffix.

    Args:
        folder: Searched with its subfolders.
        suffixes: In lower case, with the dot.

    Raises:
        DataFileError: There are none.
    """
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


def image_entry(path: Path, folder: Path, number: int) -> dict | None:
    """Return the entry of an image; None if the file is no image.

    Args:
        path: The file; only its head is decoded.
        folder: ``file_name`` is relative to it.
        number: Its ``id``.
    """
    size = image_size(read_bytes(path, Retry()))
    if size is None:
        return None
    return dict(
        id=number,
        file_name=path.relative_to(folder).as_posix(),
        width=size[0],
        height=size[1],
    )


def class_names(
    classes: Sequence[str] | int | None, boxes: Sequence[Box]
) -> list[str]:
    """Return the names of all classes, and see that they are enough.

    Args:
        classes: Names, or how many, called ``class_0, class_1, ...``; None:
            as many as occur.
        boxes: Those that are written.

    Raises:
        ValueError: A box of a class that has no name; says where it is from.
    """
    most = max((box.kind for box in boxes), default=-1)
    if classes is None:
        classes = most + 1
    if isinstance(classes, int):
        classes = [f'class_{number}' for number in range(classes)]
    if most >= len(classes):
        wrong = next(box for box in boxes if box.kind >= len(classes))
        raise ValueError(
            f'{wrong.where}: class {wrong.kind}, but there are '
            f'{len(classes)} classes (0 to {len(classes) - 1}): give the '
            'names of all'
        )
    return list(classes)


def write_coco(
    out: str | Path,
    images: Sequence[dict],
    boxes: Sequence[Box],
    names: Sequence[str],
) -> None:
    """Write the file; one that is there is replaced as a whole.

    Args:
        out: Json file; its folder is made.
        images: Of :func:`image_entry`.
        boxes: Class c gets the number c + 1.
        names: Of the classes.
    """
    annotations: list[dict[str, Any]] = [
        dict(
            id=number,
            image_id=box.image,
            category_id=box.kind + 1,
            bbox=list(box.xywh),
            area=round(box.xywh[2] * box.xywh[3], 3),
            iscrowd=0,
        )
        for number, box in enumerate(boxes, 1)
    ]
    categories = [dict(id=i, name=name) for i, name in enumerate(names, 1)]
    content = dict(
        images=list(images), annotations=annotations, categories=categories
    )
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    with written_whole(out) as partial:
        partial.write_text(json.dumps(content), 'utf-8')


def note(left_out: dict[str, list[str]], reason: str, name: str) -> None:
    """Add what is left out to the list of its reason."""
    left_out.setdefault(reason, []).append(name)
