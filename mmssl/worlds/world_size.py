"""How much of the disk a world takes, told before it is drawn."""

from __future__ import annotations

import math

from mmssl.worlds.world_settings import WorldSettings

# Bytes by pixel: a jpg of quality 95 of textured scenes, an index map.
_PHOTO = 0.6
_LABELS = 0.1
_FLOW = 8.0
_FILE = 2048  # what a file takes at least, with its entry in json files


def expected_bytes(settings: WorldSettings, part: str) -> int:
    """Return about how many bytes a part takes; rather more than less.

    Args:
        settings: Of the world.
        part: Name of the part.
    """
    counts = settings.counts[part]
    pixels: float
    number = sum(counts.values())
    person = settings.person_px**2 / 2
    frame = float(math.prod(settings.frame_hw))
    if part == 'flow':
        pixels = math.prod(settings.flow_hw)
        each = pixels * 2 * (_PHOTO + _FLOW + _LABELS) + 6 * _FILE
    elif part == 'scenes':
        each = frame * (_PHOTO + _LABELS) + 4 * _FILE
    elif part in ('market1501', 'prw'):
        identities = counts['train_identities'] + counts['test_identities']
        number = identities * counts['cameras'] * counts['images']
        pixels = person if part == 'market1501' else frame / 2
        each = pixels * _PHOTO + 2 * _FILE
    else:
        each = person * (_PHOTO + _LABELS) + 2 * _FILE
    return int(number * each)
