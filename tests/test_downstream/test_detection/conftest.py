"""People of dots: a tiny COCO with keypoints."""

import json

import cv2
import numpy as np
import pytest

SIZE = 96
# Where the 17 points of a person lie in its box, as a share of its sides.
POSE = np.array(
    [
        *[(0.50, 0.10), (0.56, 0.06), (0.44, 0.06), (0.62, 0.10)],
        *[(0.38, 0.10), (0.70, 0.25), (0.30, 0.25), (0.80, 0.42)],
        *[(0.20, 0.42), (0.86, 0.58), (0.14, 0.58), (0.62, 0.55)],
        *[(0.38, 0.55), (0.64, 0.75), (0.36, 0.75), (0.66, 0.95)],
        (0.34, 0.95),
    ]
)


def draw_person(image, rng, colours):
    """Paint one person; return its box (xywh) and keypoints (17, 3)."""
    height = int(rng.integers(44, 80))
    width = height // 2
    x = int(rng.integers(0, SIZE - width))
    y = int(rng.integers(0, SIZE - height))
    cv2.rectangle(
        image, (x, y), (x + width - 1, y + height - 1), (90,) * 3, -1
    )
    points = np.round(POSE * (width - 1, height - 1) + (x, y)).astype(int)
    for point, colour in zip(points.tolist(), colours):
        cv2.circle(image, point, 2, colour, -1)
    keypoints = np.concatenate([points, np.full((17, 1), 2)], 1)
    return [x, y, width, height], keypoints


def write_people(root, part, count, seed=0):
    """Write images and ``annotations/PART.json``; return its content."""
    rng = np.random.default_rng(seed)
    colours = np.random.default_rng(99).integers(0, 255, (17, 3)).tolist()
    images, annotations = [], []
    (root / part).mkdir(parents=True, exist_ok=True)
    for i in range(1, count + 1):
        image = np.full((SIZE, SIZE, 3), 200, np.uint8)
        box, keypoints = draw_person(image, rng, colours)
        cv2.imwrite(str(root / part / f'{i}.png'), image)
        images.append(
            dict(id=i, file_name=f'{i}.png', width=SIZE, height=SIZE)
        )
        annotations.append(
            dict(
                id=i,
                image_id=i,
                category_id=1,
                bbox=box,
                area=box[2] * box[3],
                iscrowd=0,
                keypoints=keypoints.ravel().tolist(),
                num_keypoints=17,
            )
        )
    content = dict(
        images=images,
        annotations=annotations,
        categories=[dict(id=1, name='person')],
    )
    (root / 'annotations').mkdir(exist_ok=True)
    (root / 'annotations' / f'{part}.json').write_text(json.dumps(content))
    return content


@pytest.fixture
def people():
    """Return the writer of data."""
    return write_people
