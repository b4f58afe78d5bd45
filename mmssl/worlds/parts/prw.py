"""Person search: boxes and identities in whole frames, as in PRW.

::

    prw/frames/c1s1_000151.jpg
    prw/annotations/c1s1_000151.jpg.mat   box_new: identity, x, y, w, h
    prw/frame_train.mat, frame_test.mat   img_index_train, img_index_test
    prw/ID_train.mat, ID_test2.mat        identities of either
    prw/query_info.txt                    identity x y w h frame
    prw/query_box/1_c1s1_000151.jpg       the same, cut out

Identity -2 is somebody who is not known.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from mmssl.worlds.appearances import Appearance, appearance_plan
from mmssl.worlds.coco_annotations import LEAST_VISIBILITY
from mmssl.worlds.image_files import write_bytes, write_photo
from mmssl.worlds.item_seeds import item_rng
from mmssl.worlds.mat_files import cells, write_mat
from mmssl.worlds.parts.base import Item, Record
from mmssl.worlds.person_crops import crop_window
from mmssl.worlds.person_pictures import (
    LEAST_SEEN,
    known_identity,
    known_look,
)
from mmssl.worlds.puppets import Frame, Identity, PersonState, Scene
from mmssl.worlds.world_settings import WorldSettings

UNKNOWN = -2
_SPLITS = ('train', 'test')
_STEP = 6.0  # frames between two of a scene
_FIRST_IDENTITY = {'train': 1, 'test': 1001}


class PrwPart:
    """Frames of scenes in which known and unknown people walk."""

    def items(self, settings: WorldSettings) -> list[Item]:
        """Return the scenes of all cameras."""
        return [
            Item(split, number)
            for split in _SPLITS
            for number in range(len(_plan(settings, split)))
        ]

    def cost(self, settings: WorldSettings) -> float:
        """Return the pixels of the frames of a scene."""
        images = settings.counts['prw']['images']
        return float(images * np.prod(settings.frame_hw))

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write the frames of a scene; return their boxes."""
        rng = item_rng(settings.seed, 'prw', *item)
        seen = _plan(settings, item.split)[item.number]
        first = _FIRST_IDENTITY[item.split]
        numbers = [first + identity for identity in seen.identities]
        passers = int(rng.integers(0, 3))
        people = [_known(settings.seed, number) for number in numbers]
        people += [Identity.draw(rng) for _ in range(passers)]
        scene = Scene.draw(
            rng,
            size_hw=settings.frame_hw,
            identities=people,
            look=known_look(settings.seed, seen.camera),
        )
        numbers += [UNKNOWN] * passers
        names, queries, asked = [], [], set()
        for i in range(settings.counts['prw']['images']):
            frame = scene.render(_STEP * i)
            names.append(_frame_name(item, seen.camera, i))
            rows = _boxes(frame, numbers)
            _write_frame(stage, names[-1], frame, rows)
            for row in _well_seen(frame, numbers):
                if item.split == 'test' and row[0] not in asked:
                    asked.add(row[0])
                    queries.append([*row, names[-1]])
                    _write_query(stage, names[-1], frame, row)
        return dict(names=names, queries=queries)

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """Write lists of frames and identities, and the queries."""
        folder = os.path.join(stage, 'prw')
        for split, ids in (('train', 'ID_train'), ('test', 'ID_test2')):
            names = _names(records, split)
            write_mat(
                os.path.join(folder, f'frame_{split}.mat'),
                {f'img_index_{split}': cells(names)},
            )
            first = _FIRST_IDENTITY[split]
            count = settings.counts['prw'][f'{split}_identities']
            write_mat(
                os.path.join(folder, f'{ids}.mat'),
                {ids: np.arange(first, first + count, dtype=np.float64)[None]},
            )
        text = ''.join(f'{line}\n' for line in _query_lines(records))
        write_bytes(os.path.join(folder, 'query_info.txt'), text.encode())

    def counts(
        self, settings: WorldSettings, records: Sequence[tuple[Item, Record]]
    ) -> dict[str, int]:
        """Return the numbers of frames, identities and queries."""
        counts = settings.counts['prw']
        return dict(
            train_frames=len(_names(records, 'train')),
            test_frames=len(_names(records, 'test')),
            identities=counts['train_identities'] + counts['test_identities'],
            queries=len(_query_lines(records)),
        )


def _plan(settings: WorldSettings, split: str) -> list[Appearance]:
    """Return who is seen in which scene of a split."""
    counts = settings.counts['prw']
    rng = item_rng(settings.seed, 'prw', 'plan', split)
    return appearance_plan(
        counts[f'{split}_identities'], counts['cameras'], rng
    )


def _known(seed: int, number: int) -> Identity:
    """Return somebody of PRW; nobody of Market-1501 is there."""
    return known_identity(seed, number, 'prw')


def _frame_name(item: Item, camera: int, image: int) -> str:
    sequence = 1 + _SPLITS.index(item.split)
    return f'c{camera + 1}s{sequence}_{1 + item.number * 50 + image * 6:06d}'


def _boxes(frame: Frame, numbers: Sequence[int]) -> list[list[float]]:
    """Return rows (identity, x, y, w, h) of all that can be seen."""
    return [
        _row(person, number)
        for person, number in zip(frame.people, numbers)
        if person.visibility >= LEAST_VISIBILITY
    ]


def _well_seen(frame: Frame, numbers: Sequence[int]) -> list[list[float]]:
    """Return rows of the known people of whom most can be seen."""
    return [
        _row(person, number)
        for person, number in zip(frame.people, numbers)
        if number != UNKNOWN and person.visibility >= LEAST_SEEN
    ]


def _row(person: PersonState, number: int) -> list[float]:
    left, top, right, bottom = person.full_box_xyxy.tolist()
    row = (float(number), left, top, right - left, bottom - top)
    return [round(value, 2) for value in row]


def _write_frame(
    stage: str, name: str, frame: Frame, rows: list[list[float]]
) -> None:
    folder = os.path.join(stage, 'prw')
    write_photo(os.path.join(folder, 'frames', f'{name}.jpg'), frame.image)
    write_mat(
        os.path.join(folder, 'annotations', f'{name}.jpg.mat'),
        dict(box_new=np.array(rows, np.float64).reshape(-1, 5)),
    )


def _write_query(
    stage: str, name: str, frame: Frame, row: Sequence[float]
) -> None:
    """Write the picture of a query."""
    _, x, y, width, height = row
    frame_hw = (frame.image.shape[0], frame.image.shape[1])
    box = np.array([x, y, x + width, y + height])
    window = crop_window(box, np.zeros(4), frame_hw)
    path = os.path.join(stage, 'prw', 'query_box', f'{int(row[0])}_{name}.jpg')
    write_photo(path, window.cut(frame.image))


def _names(records: Sequence[tuple[Item, Record]], split: str) -> list[str]:
    """Return the names of a split's frames."""
    return [
        name
        for item, record in records
        if item.split == split
        for name in record['names']
    ]


def _query_lines(records: Sequence[tuple[Item, Record]]) -> list[str]:
    """Return one query by identity and camera: where it is seen first."""
    queries = [query for _, record in records for query in record['queries']]
    queries.sort(key=lambda query: (query[0], query[-1]))
    lines = []
    for identity, *box, name in queries:
        place = ' '.join(f'{value:.3f}' for value in box)
        lines.append(f'{int(identity)} {place} {name}')
    return lines
