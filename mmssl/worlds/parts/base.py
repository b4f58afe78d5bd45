"""What every part of a world can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mmssl.worlds.world_settings import WorldSettings

Record = Mapping[str, Any]


class Item(NamedTuple):
    """What is made at once: the number-th of a split."""

    split: str
    number: int


class Part(Protocol):
    """A part of a world.

    An item depends on the settings and its own name only, and writes files
    of its own. What lists and labels need to know of it, it returns as JSON
    data: the record.
    """

    def items(self, settings: WorldSettings) -> list[Item]:
        """Return all items, in the order of the lists."""

    def cost(self, settings: WorldSettings) -> float:
        """Return the cost of an item: pixels that are drawn."""

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write the files of an item below ``stage``; return its record."""

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """Write lists and labels of all items."""

    def counts(
        self, settings: WorldSettings, records: Sequence[tuple[Item, Record]]
    ) -> dict[str, int]:
        """Return what the part holds: numbers by name."""


class PicturesPart:
    """Base of parts that have an item for each picture of one person.

    Args:
        name: Of the part in the settings' counts: pictures by split.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def items(self, settings: WorldSettings) -> list[Item]:
        """Return the pictures."""
        return numbered(settings.counts[self.name])

    def cost(self, settings: WorldSettings) -> float:
        """Return the pixels that are drawn for a picture."""
        return picture_cost(settings)

    def counts(
        self, settings: WorldSettings, records: Sequence[tuple[Item, Record]]
    ) -> dict[str, int]:
        """Return the numbers of pictures."""
        return dict(settings.counts[self.name])


def numbered(counts: Mapping[str, int]) -> list[Item]:
    """Return the items of splits of which each has a number of items.

    Example:
        >>> numbered(dict(train=1, val=1))
        [Item(split='train', number=0), Item(split='val', number=0)]
    """
    return [
        Item(split, number)
        for split, count in counts.items()
        for number in range(count)
    ]


def picture_cost(settings: WorldSettings) -> float:
    """Return the pixels that are drawn for the picture of one person."""
    return 1.4 * settings.person_px**2
