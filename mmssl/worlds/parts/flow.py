"""Pairs of frames with flow, as ``mmssl flow`` writes them.

::

    flow/train.txt, val.txt           img0 img1 flow.flo, paths below flow/
    flow/pairs/SCENE/000000.jpg ...   frames
    flow/pairs/SCENE/000000.flo       flow from the frame to its partner
    flow/pairs/SCENE/000000_back.flo  flow from the partner back
    flow/pairs/SCENE/000000_occluded.png, 000000_back_occluded.png
                                      255 where a pixel is not seen in the
                                      other frame
    flow/summary.json                 numbers
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import numpy as np

from mmssl.flow.layout import LISTS, SUMMARY, flow_files, image_file, list_line
from mmssl.io.flo import write_flo
from mmssl.worlds.image_files import write_bytes, write_labels, write_photo
from mmssl.worlds.item_seeds import item_rng
from mmssl.worlds.parts.base import Item, Record
from mmssl.worlds.puppets import FramePair, Scene
from mmssl.worlds.world_settings import WorldSettings

PAIRS_PER_SCENE = 2
# Frames between the two of a pair: from one to the next most pixels move by
# less than half a pixel, which is hard to tell from none.
STRIDE = 4
# Frames from one pair of a scene to its next, so that poses differ.
_STEP = 8


class FlowPart:
    """Two pairs of each scene; scenes of train.txt and val.txt differ."""

    def items(self, settings: WorldSettings) -> list[Item]:
        """Return the scenes."""
        return [
            Item(split, number)
            for split, pairs in settings.counts['flow'].items()
            for number in range(-(-pairs // PAIRS_PER_SCENE))
        ]

    def cost(self, settings: WorldSettings) -> float:
        """Return the pixels of the frames of a scene."""
        return 2.0 * PAIRS_PER_SCENE * int(np.prod(settings.flow_hw))

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write the pairs of a scene; return their first frames."""
        rng = item_rng(settings.seed, 'flow', *item)
        scene = Scene.draw(rng, size_hw=settings.flow_hw)
        pairs = settings.counts['flow'][item.split]
        count = min(PAIRS_PER_SCENE, pairs - item.number * PAIRS_PER_SCENE)
        starts = [_STEP * i for i in range(count)]
        folder = os.path.join(stage, 'flow', 'pairs', _scene_name(item))
        for start in starts:
            _write_pair(folder, start, scene.pair(float(start), STRIDE))
        return dict(starts=starts)

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """Write both lists and the summary."""
        for name in LISTS:
            lines = [
                list_line(start, STRIDE, 'flo', f'pairs/{_scene_name(item)}')
                for item, record in records
                if name == f'{item.split}.txt'
                for start in record['starts']
            ]
            text = ''.join(f'{line}\n' for line in lines)
            write_bytes(os.path.join(stage, 'flow', name), text.encode())
        counts = self.counts(settings, records)
        summary = dict(format='flo', stride=STRIDE, **counts)
        text = json.dumps(summary, indent=1)
        write_bytes(os.path.join(stage, 'flow', SUMMARY), text.encode())

    def counts(
        self, settings: WorldSettings, records: Sequence[tuple[Item, Record]]
    ) -> dict[str, int]:
        """Return the numbers of pairs."""
        return {
            f'{split}_pairs': sum(
                len(record['starts'])
                for item, record in records
                if item.split == split
            )
            for split in settings.counts['flow']
        }


def _scene_name(item: Item) -> str:
    return f'{item.split}_{item.number:06d}'


def _write_pair(folder: str, start: int, pair: FramePair) -> None:
    """Write two frames and what is known of their motion."""
    indices = (start, start + STRIDE)
    for index, frame in zip(indices, (pair.first, pair.second)):
        write_photo(os.path.join(folder, image_file(index)), frame.image)
    (name,) = flow_files(start, 'flo')
    write_flo(pair.flow, os.path.join(folder, name))
    stem = os.path.join(folder, name[: -len('.flo')])
    write_flo(pair.backward_flow, f'{stem}_back.flo')
    write_labels(f'{stem}_occluded.png', pair.occluded)
    write_labels(f'{stem}_back_occluded.png', pair.backward_occluded)
