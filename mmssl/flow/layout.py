"""Names of files and folders in the output of the extraction.

::

    OUT/train.txt, val.txt      one pair per line, the published format
    OUT/summary.json            what was kept, dropped and skipped, and why
    OUT/pairs/NAME/             frames and flow of one video
    OUT/done/NAME.json          marker of a finished video
"""

from __future__ import annotations

import os
import re

LISTS = ('train.txt', 'val.txt')
SUMMARY = 'summary.json'
_OWN_FILE = re.compile(r'\d{6,}(_x|_y)?\.(jpg|flo)')


def image_file(index: int) -> str:
    """File name of a frame.

    Example:
        >>> image_file(7)
        '000007.jpg'
    """
    return f'{index:06d}.jpg'


def flow_files(start: int, format: str) -> list[str]:
    """File names of the flow of the pair that begins at a frame.

    Example:
        >>> flow_files(7, 'jpg'), flow_files(7, 'flo')
        (['000007_x.jpg', '000007_y.jpg'], ['000007.flo'])
    """
    if format == 'flo':
        return [f'{start:06d}.flo']
    return [f'{start:06d}_{axis}.jpg' for axis in 'xy']


def pair_folder(out: str, name: str) -> str:
    """Folder of the frames and flow of one video."""
    return os.path.join(out, 'pairs', name)


def marker_file(out: str, name: str) -> str:
    """Marker of one finished video."""
    return os.path.join(out, 'done', f'{name}.json')


def list_line(start: int, stride: int, format: str, prefix: str) -> str:
    """One line of a list: two images and the flow, in the published order.

    Args:
        start: First frame of the pair.
        stride: Frames between the two.
        format: 'jpg' or 'flo'.
        prefix: Folder of the files, without a slash at the end.

    Returns:
        The line, without a line break.

    Example:
        >>> list_line(3, 1, 'flo', 'pairs/a')
        'pairs/a/000003.jpg pairs/a/000004.jpg pairs/a/000003.flo'
    """
    names = [image_file(start), image_file(start + stride)]
    names += flow_files(start, format)
    return ' '.join(f'{prefix}/{name}' for name in names)


def count_files(folder: str) -> int:
    """Number of files of the extraction's own kind in a folder; 0 if none."""
    if not os.path.isdir(folder):
        return 0
    return sum(bool(_OWN_FILE.fullmatch(n)) for n in os.listdir(folder))


def clear_folder(folder: str) -> None:
    """Make a folder, and remove what an unfinished extraction left in it.

    Only files named like the extraction's own are removed.

    Args:
        folder: Folder of one video's pairs.
    """
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if _OWN_FILE.fullmatch(name):
            os.remove(os.path.join(folder, name))


def remove_if_empty(folder: str) -> None:
    """Remove a folder that holds nothing; leave any other."""
    if os.path.isdir(folder) and not os.listdir(folder):
        os.rmdir(folder)
