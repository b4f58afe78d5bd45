"""Pictures whose file names tell who is seen by which camera."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmssl.datasets.choice import choose
from mmssl.datasets.image_folder import ImageFolder
from mmssl.io.errors import DataFileError
from mmssl.registry import DATASETS

# Market-1501: 0002_c1s1_000451_03.jpg; DukeMTMC: 0001_c2_f0046182.jpg.
NAMING = r'(?P<identity>-?\d+)_c(?P<camera>\d+)'
_NAMED = 3


@DATASETS.register_module()
class Identities(ImageFolder):
    """A folder of pictures named as those of Market-1501.

    ``0002_c1s1_000451_03.jpg``: identity 2, camera 1. Identity 0: distractors,
    each somebody else; -1: junk, which no evaluation counts and which is left
    out here, counted and named once in the log (``left_out``).

    Keys of a sample: as of :class:`~mmssl.datasets.image_folder.ImageFolder`,
    and identity and camera (int).

    Args:
        naming: Regular expression that the beginning of a file's name has to
            match, with groups ``identity`` and ``camera``.
        keep_junk: Whether pictures of identities below 0 stay.
        **kwargs: data_root, data_prefix, ann_file, seed, indices, ... of
            ImageFolder.

    Raises:
        DataFileError: A name does not match.
        ValueError: ``naming`` has not these groups, or no picture is left.
    """

    METAINFO = dict(dataset_type='identities', task_name='retrieval')

    def __init__(
        self, naming: str = NAMING, keep_junk: bool = False, **kwargs: Any
    ) -> None:
        self.naming = _compiled(naming)
        self.keep_junk = keep_junk
        super().__init__(**kwargs)

    def full_init(self) -> None:
        """Search the folder and read the names; nothing if that is done."""
        if self._fully_initialized:
            return
        self._images = self._find()
        names = [self._images[i].name for i in range(len(self._images))]
        self._numbers = read_identities(names, self.naming, self.img_root)
        junk = (self._numbers[:, 0] < 0) & (not self.keep_junk)
        self._tell_junk([names[i] for i in np.flatnonzero(junk)])
        self._chosen = choose(np.flatnonzero(~junk), self._indices)
        if not len(self._chosen):
            raise ValueError(
                f'no pictures of identities: {self.img_root} has '
                f'{len(names)} images, {int(junk.sum())} of them junk, '
                f'indices={self._indices}'
            )
        self._fully_initialized = True
        self.leave_out_unreadable()

    def get_data_info(self, idx: int) -> dict:
        """Return path, identity and camera of one picture."""
        info = super().get_data_info(idx)
        place = int(self._chosen[info['sample_idx']])
        identity, camera = self._numbers[place].tolist()
        return dict(info, identity=identity, camera=camera)

    def get_identities(self) -> np.ndarray:
        """Return the identity of each picture, (len(self),) int64."""
        self.full_init()
        return self._numbers[np.asarray(self._chosen), 0]

    def get_cameras(self) -> np.ndarray:
        """Return the camera of each picture, (len(self),) int64."""
        self.full_init()
        return self._numbers[np.asarray(self._chosen), 1]

    def _tell_junk(self, names: Sequence[str]) -> None:
        """Log once what is left out."""
        if not names:
            return
        told = f'{len(names)} junk (identity below 0): '
        told += ', '.join(names[:_NAMED]) + ', ...' * (len(names) > _NAMED)
        self.left_out.append(told)
        print_log(
            f'{self.img_root}: left out {told}',
            logger='current',
            level=logging.INFO,
        )


def read_identities(
    names: Sequence[str], naming: re.Pattern[str], root: str = ''
) -> np.ndarray:
    """Return identity and camera that file names tell.

    Args:
        names: Paths; folders in them do not count.
        naming: See :class:`Identities`.
        root: Their folder, for messages.

    Returns:
        (n, 2) int64.

    Raises:
        DataFileError: A name does not match.

    Example:
        >>> names = ['0002_c1s1_000451_03.jpg', '-1_c3s1_000401_00.jpg']
        >>> read_identities(names, re.compile(NAMING)).tolist()
        [[2, 1], [-1, 3]]
    """
    numbers = np.zeros((len(names), 2), np.int64)
    for place, name in enumerate(names):
        found = naming.match(os.path.basename(name))
        if found is None:
            raise DataFileError(
                os.path.join(root, name),
                'its name does not tell identity and camera: it should begin '
                f'like 0002_c1s1_000451_03.jpg ({naming.pattern})',
                hint='Give the dataset naming=..., a regular expression with '
                'the groups identity and camera',
            )
        numbers[place] = int(found['identity']), int(found['camera'])
    return numbers


def _compiled(naming: str) -> re.Pattern[str]:
    try:
        found = re.compile(naming)
    except re.error as error:
        raise ValueError(
            f'naming is no regular expression: {naming!r}: {error}'
        ) from error
    if {'identity', 'camera'} - set(found.groupindex):
        raise ValueError(
            'naming needs the groups (?P<identity>...) and (?P<camera>...), '
            f'got {naming!r}'
        )
    return found
