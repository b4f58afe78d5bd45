"""From joints to outlines and surfaces of all pieces, at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.stage import LAYERS, Ground, Placement
from mmssl.worlds.puppets.table import PieceTable

Array = NDArray[np.float64]
# An axis seen end on is drawn as if this share of it were seen.
_LEAST_AXIS = 0.35
# Patches narrower than this are turned away, px.
_LEAST_PATCH = 0.7
# A pattern on the ground is this much shorter than wide.
_FLATTENED = 2.0


class Geometry(NamedTuple):
    """P pieces in the image.

    Attributes:
        outlines: (P, 20, 2) px.
        surface: (P, 3, 3): (x, y, 1) in px to where it is on the surface of
            a piece: across and along in statures, and across in half-widths.
        near: (P,) order within an owner, statures.
        shown: (P,) bool; False: turned away.
    """

    outlines: Array
    surface: Array
    near: Array
    shown: NDArray[np.bool_]


def geometry(table: PieceTable, moment: Placement, ground: Ground) -> Geometry:
    """Place all pieces.

    The last two rows of the table are the backdrop and the ground.
    """
    start, end = moment.joints[table.start], moment.joints[table.end]
    px = moment.px[table.owner]
    axis = end[:, :2] - start[:, :2]
    seen = np.hypot(axis[:, 0], axis[:, 1])
    down = axis / np.maximum(seen, 1e-9)[:, None]
    down[seen < 1e-9] = [0, 1]
    across = np.stack([down[:, 1], -down[:, 0]], axis=1)
    yaw = moment.yaw[table.owner, table.turns]
    azimuth = _azimuth(table, yaw)
    half = _half_widths(table, yaw, moment.spread[table.owner])
    side = azimuth * half
    along = table.along * seen[:, None] + table.beyond * px[:, None]
    outlines = start[:, None, :2] + along[..., None] * down[:, None]
    outlines += (side * px[:, None])[..., None] * across[:, None]
    length = np.maximum(seen, _LEAST_AXIS * table.length * px)
    surface = _surface(
        *(start[:, :2], across / px[:, None]),
        *(down * (table.length / length)[:, None], table.radius, yaw),
    )
    _lay_ground(surface, moment, ground)
    near = start[:, 2] + table.weight * (end[:, 2] - start[:, 2])
    wide = np.ptp(azimuth, axis=1) * half.mean(1) * px > _LEAST_PATCH
    return Geometry(outlines, surface, near + table.above, wide)


def _azimuth(table: PieceTable, yaw: Array) -> Array:
    """Return the share of the half-width that outlines are aside, (P, 20)."""
    centre = table.centre + table.rolls * yaw
    # The same angle within half a turn of the camera's.
    centre = (centre + np.pi) % (2 * np.pi) - np.pi
    turned = centre[:, None] + table.azimuth
    return np.sin(np.clip(turned, -np.pi / 2, np.pi / 2))


def _half_widths(table: PieceTable, yaw: Array, spread: Array) -> Array:
    """Return the half-widths of turned tubes, (P, 20) statures."""
    half = np.hypot(
        table.wide * np.cos(yaw)[:, None], table.deep * np.sin(yaw)[:, None]
    )
    return half + (table.spreads * spread)[:, None] * table.along.clip(0, 1)


def _surface(
    start: Array, across: Array, down: Array, radius: Array, yaw: Array
) -> Array:
    """Return the maps onto surfaces, (P, 3, 3).

    What turns rolls: where its middle was is radius * yaw further on.
    """
    surface = np.empty((len(start), 3, 3))
    surface[:, 0, :2], surface[:, 1, :2] = across, down
    surface[:, :2, 2] = -(surface[:, :2, :2] @ start[..., None])[..., 0]
    surface[:, 2] = surface[:, 0] / radius[:, None]
    surface[:, 0, 2] -= radius * yaw
    return surface


def _lay_ground(surface: Array, moment: Placement, ground: Ground) -> None:
    """Let the ground slide with the camera, more where it is nearer.

    Scene (X, Y) is the ground's X + travel (Y - horizon) / eye: a shear.
    """
    view = np.concatenate([moment.view, [[0, 0, 1]]])
    slope = moment.travel / ground.eye
    shear = np.array([[1, slope, -slope * ground.horizon], [0, 1, 0]])
    shear[1] *= _FLATTENED
    surface[-1, :2] = shear @ np.linalg.inv(view)
    back = surface[-LAYERS, 0]
    surface[-LAYERS, 2] = surface[-1, 2] = 0 * back
