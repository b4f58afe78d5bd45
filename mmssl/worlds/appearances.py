"""Who is seen where: identities over the scenes of several cameras."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

GROUP = 3  # people of interest in a scene


class Appearance(NamedTuple):
    """A scene of one camera, and who walks in it."""

    camera: int
    identities: tuple[int, ...]


def appearance_plan(
    identities: int, cameras: int, rng: np.random.Generator
) -> list[Appearance]:
    """Let each camera see each identity in exactly one scene.

    Who walks with whom is drawn anew for each camera.

    Args:
        identities: How many there are, numbered from 0.
        cameras: How many there are, numbered from 0.
        rng: Source of the groups.

    Returns:
        Scenes of up to :data:`GROUP` identities, camera by camera.

    Example:
        >>> plan = appearance_plan(4, 2, np.random.default_rng(0))
        >>> [len(scene.identities) for scene in plan]
        [3, 1, 3, 1]
    """
    plan = []
    for camera in range(cameras):
        order = rng.permutation(identities).tolist()
        for begin in range(0, identities, GROUP):
            plan.append(
                Appearance(camera, tuple(order[begin : begin + GROUP]))
            )
    return plan


def market_name(
    identity: int, camera: int, sequence: int, frame: int, box: int
) -> str:
    """Return the file name of a picture in Market-1501.

    Args:
        identity: From 1; 0: a passer-by; -1: a bad crop.
        camera: From 0.
        sequence: From 1.
        frame: Number of the frame.
        box: Number of the box in the frame; 0 in the query.

    Example:
        >>> market_name(7, 0, 1, 151, 1), market_name(-1, 2, 1, 5, 3)
        ('0007_c1s1_000151_01.jpg', '-1_c3s1_000005_03.jpg')
    """
    name = '-1' if identity < 0 else f'{identity:04d}'
    return f'{name}_c{camera + 1}s{sequence}_{frame:06d}_{box:02d}.jpg'
