"""Frames with several people, labelled as COCO and as LIP label them.

::

    frames/{train,val}/000000.jpg
    frame_parts/{train,val}/000000.png        parts of all people, as in LIP
    annotations/instances_{train,val}.json    boxes and masks of all objects
    annotations/person_keypoints_{train,val}.json
    annotations/pedestrians_{train,val}.json  whole boxes, as in CityPersons
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmssl.worlds.coco_annotations import coco_json, object_annotation
from mmssl.worlds.image_files import write_bytes, write_labels, write_photo
from mmssl.worlds.item_seeds import item_rng
from mmssl.worlds.parts.base import Item, Record, numbered
from mmssl.worlds.pedestrian_boxes import pedestrian_json
from mmssl.worlds.puppets import Frame, Scene
from mmssl.worlds.world_settings import WorldSettings

# Moments of a scene, in frames, that one is drawn from.
_LAST = 24.0


class ScenesPart:
    """One frame of each scene."""

    def items(self, settings: WorldSettings) -> list[Item]:
        """Return the frames."""
        return numbered(settings.counts['scenes'])

    def cost(self, settings: WorldSettings) -> float:
        """Return the pixels of a frame."""
        return float(np.prod(settings.frame_hw))

    def make(self, settings: WorldSettings, item: Item, stage: str) -> Record:
        """Write a frame and its part map; return its annotations."""
        rng = item_rng(settings.seed, 'scenes', *item)
        scene = Scene.draw(rng, size_hw=settings.frame_hw)
        frame = scene.render(float(rng.uniform(0, _LAST)))
        name = f'{item.number:06d}'
        photo = os.path.join(stage, 'frames', item.split, f'{name}.jpg')
        write_photo(photo, frame.image)
        labels = os.path.join(stage, 'frame_parts', item.split, f'{name}.png')
        write_labels(labels, frame.parts)
        return dict(file_name=f'{name}.jpg', objects=frame_objects(frame))

    def finish(
        self,
        settings: WorldSettings,
        records: Sequence[tuple[Item, Record]],
        stage: str,
    ) -> None:
        """Write the json files of both splits."""
        height, width = settings.frame_hw
        for split in settings.counts['scenes']:
            chosen = [
                record for item, record in records if item.split == split
            ]
            images = [
                dict(file_name=one['file_name'], width=width, height=height)
                for one in chosen
            ]
            objects = [one['objects'] for one in chosen]
            folder = os.path.join(stage, 'annotations')
            for name, data in (
                ('instances', coco_json(images, objects)),
                ('person_keypoints', coco_json(images, objects, True)),
                ('pedestrians', pedestrian_json(images, objects)),
            ):
                write_bytes(os.path.join(folder, f'{name}_{split}.json'), data)

    def counts(
        self, settings: WorldSettings, records: Sequence[tuple[Item, Record]]
    ) -> dict[str, int]:
        """Return the numbers of frames and of people in them."""
        found: dict[str, int] = {}
        for split in settings.counts['scenes']:
            chosen = [
                record for item, record in records if item.split == split
            ]
            found[f'{split}_frames'] = len(chosen)
            found[f'{split}_people'] = sum(
                one['category_id'] == 1
                for record in chosen
                for one in record['objects']
            )
        return found


def frame_objects(frame: Frame) -> list[dict[str, Any]]:
    """Return the annotations of a frame: people first, then things."""
    entries = [
        object_annotation(
            frame.instances == i,
            'person',
            person.visibility,
            person.full_box_xyxy,
            person.keypoints,
        )
        for i, person in enumerate(frame.people, 1)
    ]
    entries += [
        object_annotation(
            frame.objects_map == i,
            thing.category,
            thing.visibility,
            thing.full_box_xyxy,
        )
        for i, thing in enumerate(frame.objects, 1)
    ]
    return [entry for entry in entries if entry is not None]
