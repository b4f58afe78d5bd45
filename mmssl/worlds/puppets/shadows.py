"""Soft shadows on the ground below what stands there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.camera import Lighting
from mmssl.worlds.puppets.skeleton import Joint
from mmssl.worlds.puppets.stage import LAYERS, Placement

Array = NDArray[np.float64]
# Shadows are soft: drawn at this share of the image's size.
_SHRINK = 4
_FEET = (Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE, Joint.LEFT_TOE, Joint.RIGHT_TOE)


def shadow_ellipses(moment: Placement, people: int, side: float) -> Array:
    """Return the ellipses below people and things, (n, 4) px.

    Args:
        moment: Where everything is; people come first.
        people: How many.
        side: Where the light comes from, see :class:`~.camera.Lighting`.

    Returns:
        Middle x, y and half axes of each.
    """
    joints = len(Joint)
    bodies = moment.joints[: people * joints].reshape(people, joints, 3)
    feet = bodies[:, _FEET, :2]
    x = feet[..., 0].mean(1)
    wide = 0.5 * np.ptp(feet[..., 0], axis=1) + 0.12 * moment.px[:people]
    y = feet[..., 1].max(1)
    things = moment.joints[people * joints : -2 * LAYERS].reshape(-1, 2, 3)
    px = moment.px[people:-LAYERS]
    x = np.concatenate([x, things[:, 1, 0]])
    y = np.concatenate([y, things[:, 1, 1]])
    wide = np.concatenate([wide, 0.3 * px])
    return np.stack([x - 0.6 * side * wide, y, wide, 0.3 * wide], axis=1)


def shadow_mask(
    ellipses: Array, light: Lighting, size_hw: tuple[int, ...]
) -> NDArray[np.float32]:
    """Return what is left of the light on the ground, (H, W) in [0, 1]."""
    height, width = (max(2, side // _SHRINK) for side in size_hw)
    mask = np.full((height, width), 255, np.uint8)
    dark = round(255 * (1 - light.shadow))
    scale = np.array([width / size_hw[1], height / size_hw[0]] * 2)
    for x, y, wide, high in (ellipses * scale).round(1).tolist():
        if -wide < x < width + wide and -high < y < height + high:
            box = ((x, y), (2 * wide, 2 * high), 0.0)
            cv2.ellipse(mask, box, dark, -1)
    mask = cv2.blur(mask, (3, 3))
    full = cv2.resize(mask, size_hw[::-1], interpolation=cv2.INTER_LINEAR)
    return full.astype(np.float32) / 255
