"""A list without the lines whose files are bad."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmssl.datasets.check_record import CheckRecord
from mmssl.datasets.file_check import Files, ListFiles
from mmssl.datasets.flow_pairs import FlowPairDataset


def check_clean(path: Path, files: Sequence[Files]) -> None:
    """Refuse what would not give one clean list, or destroy a list.

    Args:
        path: File to write later.
        files: Readers of all datasets that are checked.

    Raises:
        ValueError: The file is a list of the dataset itself, or there is not
            exactly one dataset with lists.
    """
    lists = [f for f in files if isinstance(f, ListFiles)]
    if len(files) != 1 or not isinstance(
        lists[0].dataset if lists else None, FlowPairDataset
    ):
        raise ValueError(
            'a clean list is written for one split of FlowPairDataset: '
            'choose it with --split'
        )
    for name in lists[0].dataset.ann_file:
        if path.exists() and os.path.samefile(name, path):
            raise ValueError(
                f'{path} is the list itself: give --write-clean another name'
            )


def write_clean_list(path: Path, files: Files, record: CheckRecord) -> None:
    """Write the lines without findings; several lists become one.

    Args:
        path: File to write; paths in it start where the lists' do.
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
    partial = path.with_name(path.name + '.writing')
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(partial, 'wb') as file:
        for item in np.flatnonzero(~bad):
            fields = files.dataset.list_entry(int(item)).fields
            file.write(b' '.join(map(os.fsencode, fields)) + b'\n')
    os.replace(partial, path)
