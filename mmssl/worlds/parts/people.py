"""Pictures of one person, with part maps (LIP) or without labels.

::

    people/{train,val}/000000.jpg

    lip/{train,val}_images/000000.jpg
    lip/{train,val}_segmentations/000000.png
    lip/{train,val}_id.txt              names without suffix
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from mmssl.worlds.image_files import write_bytes, write_labels, write_photo
from mmssl.worlds.item_seeds import item_rng
from mmssl.worlds.parts.base import Item, PicturesPart, Record
from mmssl.worlds.person_pictures import draw_person
from mmssl.worlds.world_settings import WorldSettings


class PeoplePart(PicturesPart):
    """Pictures of one person, of any width, without labels."""

    def __init__(self) -> None:
        super().__init__('people')

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write a picture."""
        rng = item_rng(settings.seed, 'people', *item)
        picture = draw_person(rng, settings.person_px)
        name = f'{item.number:06d}.jpg'
        path = os.path.join(stage, 'people', item.split, name)
        write_photo(path, picture.image)
        return {}

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """There are no lists."""


class LipPart(PicturesPart):
    """Pictures of one person with the part of each pixel.

    Pixels of other people are 255, which is not judged.
    """

    def __init__(self) -> None:
        super().__init__('lip')

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write a picture and its part map."""
        rng = item_rng(settings.seed, 'lip', *item)
        picture = draw_person(rng, settings.person_px)
        name, folder = f'{item.number:06d}', os.path.join(stage, 'lip')
        images = os.path.join(folder, f'{item.split}_images')
        write_photo(os.path.join(images, f'{name}.jpg'), picture.image)
        masks = os.path.join(folder, f'{item.split}_segmentations')
        write_labels(os.path.join(masks, f'{name}.png'), picture.labels)
        return dict(name=name)

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """Write the lists of names."""
        for split in settings.counts['lip']:
            names = [
                one['name'] for item, one in records if item.split == split
            ]
            text = ''.join(f'{name}\n' for name in names)
            path = os.path.join(stage, 'lip', f'{split}_id.txt')
            write_bytes(path, text.encode())
