"""Small generated pictures with people of dots, in COCO's format.

Each keypoint is a dot of a colour of its own, on a standing figure of varied
size, place and pose before a photo-like background. Equal arguments give
equal files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmssl.testing.toy_images import clouds

NAMES = (
    *('nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear'),
    *('left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow'),
    *('left_wrist', 'right_wrist', 'left_hip', 'right_hip'),
    *('left_knee', 'right_knee', 'left_ankle', 'right_ankle'),
)
# Across and down, in heights of the figure; the person's left is at the right.
_ACROSS = (0, 1, -1, 2, -2, 4, -4, 6, -6, 7, -7, 3, -3, 3, -3, 3, -3)
_DOWN = (5, 3, 3, 4, 4, 22, 22, 36, 36, 50, 50, 52, 52, 74, 74, 96, 96)


def make_toy_keypoints(
    folder: str | Path,
    n: int = 12,
    size: tuple[int, int] = (96, 80),
    seed: int = 0,
    name: str = 'train',
) -> Path:
    """Write images and a COCO file of keypoints.

    Every third image shows two people; of every fourth person the wrists are
    not labelled, of every fifth the ankles are hidden.

    Args:
        folder: ``{name}/*.png`` and ``{name}.json`` are written below it.
        n: Images.
        size: Their height and width, px.
        seed: Of everything.
        name: Of the set.

    Returns:
        The json file.
    """
    folder, rng = Path(folder), np.random.default_rng(seed)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    (folder / name).mkdir(parents=True, exist_ok=True)
    for i in range(n):
        image = 0.5 * clouds(size, rng) + 40
        for place in range(1 + (i % 3 == 2)):
            points = _pose(size, rng, place, 1 + (i % 3 == 2))
            _draw(image, points)
            number = len(annotations)
            points[9:11, 2] = 0 if number % 4 == 3 else 2
            points[15:17, 2] = 1 if number % 5 == 4 else 2
            annotations.append(_annotation(number, i, points, size))
        file = f'{i:03d}.png'
        pixels = image.clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / name / file), pixels[..., ::-1])
        images.append(
            dict(id=i, file_name=file, height=size[0], width=size[1])
        )
    person = dict(id=1, name='person', keypoints=list(NAMES))
    content = dict(images=images, annotations=annotations, categories=[person])
    path = folder / f'{name}.json'
    path.write_text(json.dumps(content))
    return path


def _pose(
    size: tuple[int, int], rng: np.random.Generator, place: int, people: int
) -> np.ndarray:
    """Return (17, 3) keypoints."""
    height = size[0] * rng.uniform(0.6, 0.8)
    middle = size[1] * (place + rng.uniform(0.4, 0.6)) / people
    points = np.zeros((17, 3))
    points[:, 0] = middle + np.array(_ACROSS) / 100 * height
    points[:, 1] = 0.1 * size[0] + np.array(_DOWN) / 100 * height
    points[5:, :2] += rng.normal(0, 0.12 * height, (12, 2))
    points[:, 0] = points[:, 0].clip(3, size[1] - 4)
    points[:, 1] = points[:, 1].clip(3, size[0] - 4)
    points[:, 2] = 2
    return points


def _draw(image: np.ndarray, points: np.ndarray) -> None:
    """Draw a dot of its colour for each keypoint."""
    colours = np.random.default_rng(3).integers(0, 256, (17, 3))
    for (x, y, _), colour in zip(points, colours.tolist()):
        cv2.circle(image, (round(x), round(y)), 2, colour, -1)


def _annotation(
    number: int, image: int, points: np.ndarray, size: tuple[int, int]
) -> dict[str, Any]:
    """Return one person of the file."""
    x1, y1 = (points[:, :2].min(0) - 3).clip(0).tolist()
    x2, y2 = (points[:, :2].max(0) + 3).clip(max=size[::-1]).tolist()
    points = points * (points[:, 2:] > 0)
    return dict(
        id=number,
        image_id=image,
        category_id=1,
        iscrowd=0,
        bbox=[x1, y1, x2 - x1, y2 - y1],
        area=0.6 * (x2 - x1) * (y2 - y1),
        keypoints=points.round(2).ravel().tolist(),
        num_keypoints=int((points[:, 2] > 0).sum()),
    )
