"""Attributes of people, in the format of PA-100K."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset
from scipy.io import loadmat

from mmssl.io.errors import DataFileError
from mmssl.registry import DATASETS

SPLITS = ('test', 'train', 'trainval', 'val')
_ATTRIBUTES = 'attributes'


@DATASETS.register_module()
class PA100K(BaseDataset):
    """Pictures of people and which attributes each person has.

    For classifiers of several labels, e.g. mmpretrain's
    ``MultiLabelLinearClsHead``. Keys of a sample: img_path, gt_label (list
    of the numbers of the attributes that are there), sample_idx.

    Source: Liu et al. 2017 (PA-100K): ``annotation.mat`` with ``attributes``,
    and ``{train,val,test}_images_name`` and ``_label`` (n, attributes).

    Args:
        split: 'train', 'val', 'test', or 'trainval' for both of the first.
        attributes: Those to tell, in this order; None: all of the file.
        ann_file: The MATLAB file, relative to ``data_root``.
        data_root: Folder that relative paths start from.
        data_prefix: ``img_path``: the folder of the pictures.
        **kwargs: pipeline, indices, test_mode and others of
            :class:`mmengine.dataset.BaseDataset`.

    Raises:
        DataFileError: The file cannot be read or is none of PA-100K.
        ValueError: Unknown split or attributes.
    """

    METAINFO = dict(dataset_type='pa100k', task_name='attributes')

    def __init__(
        self,
        split: str = 'train',
        attributes: Sequence[str] | None = None,
        ann_file: str = 'annotation.mat',
        data_root: str = '',
        data_prefix: dict | None = None,
        **kwargs: Any,
    ) -> None:
        if split not in SPLITS:
            raise ValueError(
                f'split must be one of {", ".join(SPLITS)}, got {split!r}'
            )
        self.split = split
        self.attributes = attributes
        super().__init__(
            ann_file=ann_file,
            data_root=data_root,
            data_prefix=data_prefix or dict(img_path='release_data'),
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """Read names and labels of the split; set the names of classes."""
        content = _read(self.ann_file)
        names = _texts(content[_ATTRIBUTES])
        columns = self._columns(names)
        self._metainfo['classes'] = tuple(names[i] for i in columns)
        splits = (
            ('train', 'val') if self.split == 'trainval' else (self.split,)
        )
        found = []
        for split in splits:
            files = _texts(content[f'{split}_images_name'])
            labels = np.asarray(content[f'{split}_label'])[:, columns]
            for file, row in zip(files, labels):
                path = os.path.join(self.data_prefix['img_path'], file)
                present = np.flatnonzero(row == 1).tolist()
                found.append(dict(img_path=path, gt_label=present))
        return found

    def _columns(self, names: Sequence[str]) -> list[int]:
        """Return the places of the attributes that are asked for."""
        if self.attributes is None:
            return list(range(len(names)))
        unknown = sorted(set(self.attributes) - set(names))
        if unknown or not self.attributes:
            raise ValueError(
                f'unknown attributes {unknown}; valid: '
                f'{", ".join(sorted(names))}'
            )
        return [names.index(name) for name in self.attributes]

    def get_cat_ids(self, idx: int) -> list[int]:
        """Return the numbers of the attributes of one sample."""
        return self.get_data_info(idx)['gt_label']


def _read(path: str) -> dict[str, Any]:
    """Read the file, and see that it holds what it should."""
    try:
        content = loadmat(path)
    except FileNotFoundError as error:
        raise DataFileError(path, 'no such file') from error
    except Exception as error:  # scipy raises many kinds for broken files
        raise DataFileError(path, f'is no MATLAB 5 file: {error}') from error
    needed = [_ATTRIBUTES]
    for split in ('train', 'val', 'test'):
        needed += [f'{split}_images_name', f'{split}_label']
    missing = [name for name in needed if name not in content]
    if missing:
        raise DataFileError(
            path, f'is none of PA-100K: it has no {", ".join(missing)}'
        )
    width = np.size(content[_ATTRIBUTES])
    for split in ('train', 'val', 'test'):
        rows = np.size(content[f'{split}_images_name'])
        shape = np.shape(content[f'{split}_label'])
        if shape != (rows, width):
            raise DataFileError(
                path,
                f'{split}_label has shape {shape}; {rows} pictures of '
                f'{width} attributes need ({rows}, {width})',
            )
    return content


def _texts(column: np.ndarray) -> list[str]:
    """Return the texts of a column of cells."""
    return [str(np.asarray(cell).reshape(-1)[0]) for cell in column.flat]
