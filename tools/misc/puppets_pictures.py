"""Draw the pictures of docs/puppets.md: scenes, labels, motion, identities."""

from __future__ import annotations

import argparse
import colorsys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mmssl.visualization.flow_color import flow_to_rgb
from mmssl.visualization.part_overlay import part_color
from mmssl.worlds.puppets import PARTS, CameraLook, Frame, Identity, Scene

Image = NDArray[np.uint8]
_SEEN, _HIDDEN = (40, 255, 40), (255, 60, 60)


def scenes(side: int = 192) -> Image:
    """Return a sheet of scenes."""
    rows = []
    for row in range(3):
        drawn = [
            Scene.draw(np.random.default_rng([1, row, i]), (side, side))
            for i in range(5)
        ]
        rows.append(np.hstack([scene.render().image for scene in drawn]))
    return np.vstack(rows)


def labels(side: int = 288) -> Image:
    """Return a frame with all of its labels."""
    scene = Scene.draw(
        np.random.default_rng(3), (side, side), num_people=(4, 4)
    )
    pair = scene.pair(0.0, 3.0)
    top = [pair.first.image, parts(pair.first), instances(pair.first)]
    hidden = np.where(pair.occluded, 255, 0).astype(np.uint8)
    low = [pair.second.image, flow_to_rgb(pair.flow)]
    low.append(cv2.merge([hidden] * 3))
    return np.vstack([np.hstack(top), np.hstack(low)])


def parts(frame: Frame) -> Image:
    """Return the parts in colours."""
    colours = np.zeros((len(PARTS), 3))
    for i in range(1, len(PARTS)):
        # Steps of the golden ratio: no two hues are alike.
        tone = colorsys.hsv_to_rgb(0.618 * i % 1, 0.75, 0.65 + 0.35 * (i % 2))
        colours[i] = 255 * np.array(tone)
    shown: Image = colours.astype(np.uint8)[frame.parts]
    return shown


def instances(frame: Frame) -> Image:
    """Return people and things with boxes and keypoints."""
    shown = (0.35 * frame.image).astype(np.uint8)
    for i, person in enumerate(frame.people):
        shown[frame.instances == i + 1] = part_color(i + 1)
        _box(shown, person.box_xyxy, (255, 255, 255))
    for i, thing in enumerate(frame.objects):
        shown[frame.objects_map == i + 1] = (128, 128, 128)
        _box(shown, thing.box_xyxy, (255, 220, 60))
    for person in frame.people:
        for x, y, value in person.keypoints:
            if value:
                colour = _SEEN if value == 2 else _HIDDEN
                cv2.circle(shown, (round(x), round(y)), 2, colour, -1)
    return shown


def motion(height: int = 150) -> Image:
    """Return people who walk, wave and turn, from left to right in time."""
    rows = []
    for seed, action, yaw in (
        (0, 'walk', 1.57),
        (2, 'wave', 0),
        (3, 'turn', 0),
    ):
        scene = _alone(seed, action, 40 + seed, (height, 2 * height // 3))
        scene.stage.motion.yaw[:, 0] = yaw
        times = np.linspace(-10, 10, 9) * (2 if action == 'turn' else 1)
        rows.append(np.hstack([scene.render(t).image for t in times]))
    return np.vstack(rows)


def identities(height: int = 150) -> Image:
    """Return people, a column each, as four cameras see them."""
    looks = [CameraLook.draw(np.random.default_rng([7, i])) for i in range(4)]
    rows = []
    for i, look in enumerate(looks):
        row = [
            _alone(seed, None, 10 * seed + i, (height, height // 2), look)
            for seed in range(20, 32)
        ]
        rows.append(np.hstack([scene.render().image for scene in row]))
    return np.vstack(rows)


def _alone(
    seed: int,
    action: str | None,
    scene_seed: int,
    size_hw: tuple[int, int],
    look: CameraLook | None = None,
) -> Scene:
    return Scene.draw(
        np.random.default_rng(scene_seed),
        size_hw,
        identities=[Identity.draw(np.random.default_rng(seed))],
        actions=[action],
        look=look or CameraLook.plain(),
        person_height=(0.85, 0.9),
        num_objects=(0, 1),
        centred=True,
        camera_motion=0.0,
    )


def _box(image: Image, box: NDArray, colour: tuple[int, int, int]) -> None:
    if box.any():
        left, top, right, bottom = box.astype(int).tolist()
        corner = (right - 1, bottom - 1)
        cv2.rectangle(image, (left, top), corner, colour, 1)


def main() -> None:
    """Draw and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=Path('docs/images'))
    args = parser.parse_args()
    for draw in (scenes, labels, motion, identities):
        path = args.out / f'puppets_{draw.__name__}.png'
        if not cv2.imwrite(str(path), draw()[..., ::-1]):
            raise SystemExit(f'could not write {path}')
        print(path)


if __name__ == '__main__':
    main()
