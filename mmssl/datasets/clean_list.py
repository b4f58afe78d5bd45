"""A list without the lines whose files are bad."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmssl.datasets.check_record import CheckRecord
from mmssl.datasets.file_check import Files, ListFiles
from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.datasets.image_folder import ImageFolder
from mmssl.utils.whole_file import written_whole


def check_clean(path: Path, files: Sequence[Files]) -> None:
    """Refuse what would not give one clean list, or destroy a list.

    Args:
        path: File to write later.
        files: Readers of all datasets that are checked.

    Raises:
        ValueError: The file is a list of the dataset itself, there is not
            exactly one dataset of lists or of a folder of images, or an
            image has white space in its name, which separates the fields.
    """
    lists = [f for f in files if isinstance(f, ListFiles)]
    dataset = lists[0].dataset if lists else None
    if len(files) != 1 or not isinstance(
        dataset, (FlowPairDataset, ImageFolder)
    ):
        raise ValueError(
            'a clean list is written for one split of FlowPairDataset or '
            'ImageFolder: choose it with --split'
        )
    for name in dataset.ann_file:
        if path.exists() and os.path.samefile(name, path):
            raise ValueError(
                f'{path} is the list itself: give --write-clean another name'
            )
    if isinstance(dataset, ImageFolder) and not dataset.ann_file:
        for item in range(len(dataset)):
            name = dataset.entry(item).name
            if len(name.split()) != 1 or name != name.strip():
                raise ValueError(
                    f'{name!r} cannot stand in a list, which white space '
                    'separates: rename the image or do without --write-clean'
                )


def write_clean_list(path: Path, files: Files, record: CheckRecord) -> None:
    """Write the lines without findings; several lists become one.

    Args:
        path: File to write; paths in it start where the lists' do, those of
            images at the dataset's ``data_prefix``.
        files: Reader of the dataset.
        record: Findings; the dataset is number 0.

    Raises:
        TypeError: The dataset has no lists.
    """
    if not isinstance(files, ListFiles):
        raise TypeError(f'{files} has no list')
    bad = np.zeros(len(files), bool)
    for finding in record.findings(0):
        bad[finding.item] = True
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial, partial.open('wb') as file:
        for item in np.flatnonzero(~bad):
            fields = _fields(files.dataset, int(item))
            file.write(b' '.join(map(os.fsencode, fields)) + b'\n')


def _fields(dataset: Any, item: int) -> tuple[str, ...]:
    if isinstance(dataset, ImageFolder):
        return dataset.list_fields(item)
    return dataset.list_entry(item).fields
