"""Boxes, visibility and keypoints of what is in a frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.frame import ObjectState, PersonState
from mmssl.worlds.puppets.geometry import Geometry
from mmssl.worlds.puppets.raster import Cover, Raster, mask_box
from mmssl.worlds.puppets.shapes import Profile
from mmssl.worlds.puppets.skeleton import Joint
from mmssl.worlds.puppets.stage import Placement
from mmssl.worlds.puppets.table import PieceTable

Array = NDArray[np.float64]
# Nose, eyes, ears: azimuth in rad, and how far down the head.
_FACE = ((0.0, 0.66), (0.42, 0.52), (-0.42, 0.52), (1.55, 0.55), (-1.55, 0.55))
_BODY = tuple(
    joint + side
    for joint in (
        *(Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, Joint.LEFT_WRIST),
        *(Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    )
    for side in (0, 1)
)
# A joint counts as hidden when what is seen there lies this much in front.
_DEPTH = 0.06


def person_keypoints(
    moment: Placement, heads: Sequence[Profile], statures: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """Return where the keypoints of N people are.

    Args:
        moment: Where the joints are; people come first.
        heads: N profiles.
        statures: (N,).

    Returns:
        (N, 17, 3): x, y in px, towards the camera in statures; and (N, 5)
        which points of the face look at the camera.
    """
    count = len(heads)
    joints = moment.joints[: count * len(Joint)].reshape(count, len(Joint), 3)
    crown, chin = joints[:, Joint.CROWN], joints[:, Joint.CHIN]
    axis = chin[:, :2] - crown[:, :2]
    down = axis / np.maximum(np.hypot(*axis.T), 1e-9)[:, None]
    across = np.stack([down[:, 1], -down[:, 0]], axis=1)
    points = np.zeros((count, 17, 3))
    yaw = moment.yaw[:count, 2]
    facing = np.zeros((count, len(_FACE)), bool)
    for i, (azimuth, along) in enumerate(_FACE):
        angle = azimuth + yaw
        wide = [head.at(np.array([along]))[0][0] for head in heads]
        side = np.sin(angle) * np.array(wide) * moment.px[:count]
        points[:, i, :2] = crown[:, :2] + along * axis
        points[:, i, :2] += side[:, None] * across
        points[:, i, 2] = crown[:, 2] + 0.04 * statures * np.cos(angle)
        facing[:, i] = np.cos(angle) > -0.1
    points[:, len(_FACE) :] = joints[:, _BODY]
    return points, facing


def person_states(
    found: Raster,
    table: PieceTable,
    moment: Placement,
    placed: Geometry,
    heads: Sequence[Profile],
    statures: Array,
    instances: NDArray[np.int16],
) -> tuple[PersonState, ...]:
    """Return the labels of all people of a frame."""
    points, facing = person_keypoints(moment, heads, statures)
    value = _keypoint_values(points, facing, found, table, moment, placed)
    points[..., 2] = value
    points[value == 0] = 0
    states = []
    for i in range(len(heads)):
        box, share = _seen(instances, i, found.covers[i])
        full = found.covers[i].box_xyxy
        yaw = float(moment.yaw[i, 1])
        states.append(PersonState(i, box, full, share, points[i], yaw))
    return tuple(states)


def object_states(
    categories: Sequence[str],
    owners: Sequence[int],
    covers: Sequence[Cover],
    objects_map: NDArray[np.int16],
) -> tuple[ObjectState, ...]:
    """Return the labels of all named things of a frame."""
    states = []
    for i, (category, owner) in enumerate(zip(categories, owners)):
        box, share = _seen(objects_map, i, covers[owner])
        full = covers[owner].box_xyxy
        states.append(ObjectState(category, box, full, share))
    return tuple(states)


def _seen(
    marks: NDArray[np.int16], index: int, cover: Cover
) -> tuple[Array, float]:
    """Return the box of what is seen of one, and how much of it."""
    if not cover.pixels:
        return np.zeros(4), 0.0
    left, top, right, bottom = cover.box_xyxy.astype(int)
    mask = marks[top:bottom, left:right] == index + 1
    box = mask_box(mask, left, top)
    return box, np.count_nonzero(mask) / cover.pixels


def _keypoint_values(
    points: Array,
    facing: NDArray[np.bool_],
    found: Raster,
    table: PieceTable,
    moment: Placement,
    placed: Geometry,
) -> NDArray[np.int64]:
    """Return 2: seen, 1: hidden, 0: outside, (N, 17)."""
    height, width = found.ids.shape
    cols, rows = np.rint(points[..., 0]), np.rint(points[..., 1])
    inside = (cols >= 0) & (cols < width) & (rows >= 0) & (rows < height)
    x = cols.clip(0, width - 1).astype(int)
    y = rows.clip(0, height - 1).astype(int)
    piece = found.ids[y, x].astype(np.intp)
    surface = placed.surface[piece, 1]
    along = (surface[..., :2] * points[..., :2]).sum(-1) + surface[..., 2]
    along = (along / table.length[piece]).clip(0, 1)
    start = moment.joints[table.start[piece], 2]
    end = moment.joints[table.end[piece], 2]
    depth = start + along * (end - start) + table.above[piece]
    owner = np.arange(len(points))[:, None]
    seen = (table.owner[piece] == owner) & (depth < points[..., 2] + _DEPTH)
    seen[:, : facing.shape[1]] &= facing
    return np.where(inside, np.where(seen, 2, 1), 0)
