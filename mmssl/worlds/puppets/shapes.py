"""Outlines of pieces, drawn on the surface of tubes.

A tube has an axis (along: 0 at its start, 1 at its end) and half-widths from
side to side (wide) and from front to back (deep). A point of its outline lies
at an azimuth: 0 on the front, pi/2 on the left side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

POINTS = 20
_CAP = 3
_SIDE = POINTS // 2 - _CAP
# Of a tube: down its left side, around the end, up, around the start.
_BOW = np.linspace(np.pi / 2, -np.pi / 2, _CAP + 2)[1:-1]
_TUBE_AZIMUTH = np.concatenate(
    [np.full(_SIDE, np.pi / 2), _BOW, np.full(_SIDE, -np.pi / 2), -_BOW]
)
_TUBE_ALONG = np.concatenate(
    [
        *(np.linspace(0, 1, _SIDE), np.ones(_CAP)),
        *(np.linspace(1, 0, _SIDE), np.zeros(_CAP)),
    ]
)
_TUBE_END, _TUBE_START = np.zeros((2, POINTS))
_TUBE_END[_SIDE : _SIDE + _CAP] = np.cos(_BOW)
_TUBE_START[-_CAP:] = -np.cos(_BOW)
_EQUAL = {n: [i / (n - 1) for i in range(n)] for n in range(2, POINTS)}
# Of a patch: once around.
_TURN = np.linspace(0, 2 * np.pi, POINTS, endpoint=False) + np.pi / 4


class Profile(NamedTuple):
    """Half-widths along a tube.

    Attributes:
        along: (S,) increasing, where along the axis.
        wide: (S,) half-widths from side to side, statures.
        deep: (S,) half-widths from front to back, statures.
    """

    along: NDArray[np.float64]
    wide: NDArray[np.float64]
    deep: NDArray[np.float64]

    def at(
        self, along: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the half-widths (wide, deep) at places along the axis."""
        both = np.interp(along, self.along, self.wide + 1j * self.deep)
        return both.real, both.imag


class Outline(NamedTuple):
    """A closed outline on a tube; arrays are (POINTS,) float64.

    Attributes:
        azimuth: rad, from ``centre``.
        along: Share of the axis.
        beyond: Statures beyond that, along the axis: round ends.
        wide: Half-width of the tube there, from side to side, statures.
        deep: The same from front to back.
        centre: Azimuth in rad.
        rolls: 1.0 when it turns with the tube, 0.0 for silhouettes.
    """

    azimuth: NDArray[np.float64]
    along: NDArray[np.float64]
    beyond: NDArray[np.float64]
    wide: NDArray[np.float64]
    deep: NDArray[np.float64]
    centre: float = 0.0
    rolls: float = 0.0


def profile(
    wide: list[float],
    deep: list[float] | None = None,
    along: list[float] | None = None,
) -> Profile:
    """Make a profile from half-widths at equal steps, or at given places.

    Example:
        >>> cone = profile([0.2, 0.1])
        >>> cone.at(np.array([0.5]))[0].round(2).tolist()
        [0.15]
    """
    deep = wide if deep is None else deep
    count = max(len(wide), len(deep), 2)
    if along is None:
        along = _EQUAL[count]
    rows = np.empty((3, count))
    rows[0], rows[1], rows[2] = along, wide, deep
    return Profile(rows[0], rows[1], rows[2])


def tube(
    surface: Profile,
    start: float = 0.0,
    end: float = 1.0,
    caps: tuple[float, float] = (0.5, 0.5),
) -> Outline:
    """Outline a stretch of a tube as seen from any side.

    Args:
        surface: The tube.
        start: Where the stretch begins along the axis.
        end: Where it ends.
        caps: How round the two ends are: the height of each as a share of
            the half-width there; 1 is a half circle.

    Returns:
        Down the left side, around the end, up the right side, around the
        start.
    """
    along = start + _TUBE_ALONG * (end - start)
    wide, deep = surface.at(along)
    ends = caps[1] * wide[_SIDE], caps[0] * wide[-1]
    beyond = ends[0] * _TUBE_END + ends[1] * _TUBE_START
    return Outline(_TUBE_AZIMUTH, along, beyond, wide, deep)


def patch(
    surface: Profile,
    centre: tuple[float, float],
    half: tuple[float, float],
    squareness: float = 0.0,
) -> Outline:
    """Outline a patch on a tube; it turns out of sight with the tube.

    Args:
        surface: The tube.
        centre: (azimuth in rad, along).
        half: Half sizes, (azimuth in rad, along).
        squareness: 0 an ellipse, towards 1 a rectangle.

    Returns:
        Once around.
    """
    power = 1 - 0.85 * squareness
    right, down = np.cos(_TURN), np.sin(_TURN)
    azimuth = half[0] * np.sign(right) * abs(right) ** power
    along = centre[1] + half[1] * np.sign(down) * abs(down) ** power
    wide, deep = surface.at(along)
    return Outline(
        azimuth, along, np.zeros(POINTS), wide, deep, centre[0], 1.0
    )
