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
_SIDE = POINTS // 2
_CAP = 3


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
        wide = np.interp(along, self.along, self.wide)
        return wide, np.interp(along, self.along, self.deep)


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
    wide: float | list[float],
    deep: float | list[float] | None = None,
    along: list[float] | None = None,
) -> Profile:
    """Make a profile from half-widths at equal steps, or at given places.

    Example:
        >>> cone = profile([0.2, 0.1])
        >>> cone.at(np.array([0.5]))[0].round(2).tolist()
        [0.15]
    """
    widths = np.atleast_1d(np.asarray(wide, float))
    depths = widths if deep is None else np.atleast_1d(np.asarray(deep, float))
    count = max(len(widths), len(depths), 2)
    places = np.linspace(0, 1, count) if along is None else np.asarray(along)
    return Profile(
        places.astype(float),
        np.broadcast_to(widths, count).astype(float),
        np.broadcast_to(depths, count).astype(float),
    )


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
    stations = np.linspace(start, end, _SIDE - _CAP)
    bow = np.linspace(np.pi / 2, -np.pi / 2, _CAP + 2)[1:-1]
    ones = np.ones_like(stations)
    azimuth = np.pi / 2 * np.concatenate([ones, 0 * bow, -ones, 0 * bow])
    last = len(stations)
    azimuth[last : last + _CAP] = bow
    azimuth[-_CAP:] = bow[::-1]
    along = np.concatenate(
        [stations, 0 * bow + end, stations[::-1], 0 * bow + start]
    )
    wide, deep = surface.at(along)
    beyond = np.zeros(POINTS)
    beyond[last : last + _CAP] = caps[1] * np.cos(bow) * wide[last]
    beyond[-_CAP:] = -caps[0] * np.cos(bow) * wide[-1]
    return Outline(azimuth, along, beyond, wide, deep)


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
    turn = np.linspace(0, 2 * np.pi, POINTS, endpoint=False) + np.pi / 4
    power = 1 - 0.85 * squareness
    right, down = np.cos(turn), np.sin(turn)
    azimuth = half[0] * np.sign(right) * abs(right) ** power
    along = centre[1] + half[1] * np.sign(down) * abs(down) ** power
    wide, deep = surface.at(along)
    return Outline(
        azimuth, along, np.zeros(POINTS), wide, deep, centre[0], 1.0
    )
