"""Pictures of one person with binary attributes, as in PA-100K.

::

    pa100k/release_data/000001.jpg  numbered through all splits
    pa100k/annotation.mat           attributes, and of train, val and test
                                    X_images_name, X_label (N, 26)
    pa100k/{train,val,test}.json    the same for MultiLabelDataset of
                                    mmpretrain
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmssl.worlds.image_files import write_bytes, write_photo
from mmssl.worlds.item_seeds import item_rng
from mmssl.worlds.mat_files import cells, write_mat
from mmssl.worlds.parts.base import Item, PicturesPart, Record
from mmssl.worlds.person_attributes import ATTRIBUTES, attribute_labels
from mmssl.worlds.person_pictures import draw_person
from mmssl.worlds.world_settings import WorldSettings


class Pa100kPart(PicturesPart):
    """Pictures of one person with 26 attributes."""

    def __init__(self) -> None:
        super().__init__('pa100k')

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write a picture; return its name and attributes."""
        rng = item_rng(settings.seed, 'pa100k', *item)
        picture = draw_person(rng, settings.person_px)
        name = f'{_first(settings, item.split) + item.number:06d}.jpg'
        folder = os.path.join(stage, 'pa100k', 'release_data')
        write_photo(os.path.join(folder, name), picture.image)
        labels = attribute_labels(picture.identity, picture.state.yaw)
        return dict(name=name, labels=labels.tolist())

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """Write the labels of all splits, in both forms."""
        folder = os.path.join(stage, 'pa100k')
        values: dict[str, Any] = dict(attributes=cells(ATTRIBUTES))
        for split in settings.counts['pa100k']:
            chosen = [one for item, one in records if item.split == split]
            names = [one['name'] for one in chosen]
            labels = np.array([one['labels'] for one in chosen], np.uint8)
            values[f'{split}_images_name'] = cells(names)
            values[f'{split}_label'] = labels.reshape(-1, len(ATTRIBUTES))
            path = os.path.join(folder, f'{split}.json')
            write_bytes(path, _multi_label_json(names, labels))
        write_mat(os.path.join(folder, 'annotation.mat'), values)


def _first(settings: WorldSettings, split: str) -> int:
    """Return the number of a split's first picture; the world's is 1."""
    counts = settings.counts['pa100k']
    before = list(counts)[: list(counts).index(split)]
    return 1 + sum(counts[name] for name in before)


def _multi_label_json(names: Sequence[str], labels: np.ndarray) -> bytes:
    """Return what mmpretrain's MultiLabelDataset reads."""
    content = dict(
        metainfo=dict(classes=ATTRIBUTES),
        data_list=[
            dict(img_path=name, gt_label=np.flatnonzero(row).tolist())
            for name, row in zip(names, labels)
        ],
    )
    return json.dumps(content).encode()
