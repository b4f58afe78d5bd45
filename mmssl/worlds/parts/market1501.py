"""Identities across cameras, as in Market-1501.

::

    market1501/bounding_box_train/0001_c1s1_000151_01.jpg
    market1501/query/...              one picture by camera and identity
    market1501/bounding_box_test/...  the others; 0000: passers-by, -1: crops
                                      that show nobody as they should
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from mmssl.worlds.appearances import market_name
from mmssl.worlds.image_files import write_photo
from mmssl.worlds.item_seeds import item_rng
from mmssl.worlds.parts.base import Item, Record, numbered, picture_cost
from mmssl.worlds.person_pictures import (
    draw_junk,
    draw_person,
    known_identity,
    known_look,
)
from mmssl.worlds.world_settings import WorldSettings

_STEP = 50  # frame numbers from one item to the next
# Split of the items -> folder of their pictures, but for the query.
_FOLDERS = {
    'train': 'bounding_box_train',
    'test': 'bounding_box_test',
    'passers': 'bounding_box_test',
    'junk': 'bounding_box_test',
}


class MarketPart:
    """Each camera's pictures of each identity; train and test differ.

    Camera c sees identity i in item ``i * cameras + c``.
    """

    def items(self, settings: WorldSettings) -> list[Item]:
        """Return identities by cameras, then passers-by and bad crops."""
        counts = settings.counts['market1501']
        train, test = counts['train_identities'], counts['test_identities']
        return numbered(
            dict(
                train=train * counts['cameras'],
                test=test * counts['cameras'],
                passers=test,
                junk=-(-test // 2),
            )
        )

    def cost(self, settings: WorldSettings) -> float:
        """Return the pixels that are drawn for an item."""
        images = settings.counts['market1501']['images']
        return images * picture_cost(settings)

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write the pictures of an item; return their names by folder."""
        counts = settings.counts['market1501']
        rng = item_rng(settings.seed, 'market1501', *item)
        camera = item.number % counts['cameras']
        look = known_look(settings.seed, camera)
        size = settings.person_px, settings.person_px // 2
        names = []
        identity = self._identity(settings, item)
        for i in range(counts['images'] if identity > 0 else 1):
            if identity > 0:
                person = known_identity(settings.seed, identity)
                image = draw_person(rng, *size, person, look).image
            elif identity == 0:
                image = draw_person(rng, *size, look=look).image
            else:
                image = draw_junk(rng, *size, look)
            query = item.split == 'test' and i == 0
            folder = 'query' if query else _FOLDERS[item.split]
            frame = 1 + item.number * _STEP + i * 8
            name = market_name(identity, camera, 1, frame, 0 if query else 1)
            write_photo(os.path.join(stage, 'market1501', folder, name), image)
            names.append(f'{folder}/{name}')
        return dict(names=names)

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """There are no lists: the names say everything."""

    def counts(
        self, settings: WorldSettings, records: Sequence[tuple[Item, Record]]
    ) -> dict[str, int]:
        """Return the numbers of identities and of pictures by folder."""
        counts = settings.counts['market1501']
        names = [name for _, record in records for name in record['names']]
        folders = ('bounding_box_train', 'query', 'bounding_box_test')
        return dict(
            identities=counts['train_identities'] + counts['test_identities'],
            cameras=counts['cameras'],
            **{
                folder: sum(name.startswith(f'{folder}/') for name in names)
                for folder in folders
            },
        )

    def _identity(self, settings: WorldSettings, item: Item) -> int:
        """Return whom an item shows: those of test follow those of train."""
        counts = settings.counts['market1501']
        if item.split == 'passers':
            return 0
        if item.split == 'junk':
            return -1
        number = 1 + item.number // counts['cameras']
        return number + (
            counts['train_identities'] if item.split == 'test' else 0
        )
