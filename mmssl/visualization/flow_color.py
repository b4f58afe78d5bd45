"""Optical flow as colour: hue is the direction, saturation the speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Steps between neighbouring corners of the wheel: red - yellow - green -
# cyan - blue - magenta - red. Unequal, so that the steps look equal.
_STEPS = (15, 6, 4, 11, 13, 6)
# RGB corners; between two of them one channel ramps.
_CORNERS = (
    (255, 0, 0),
    (255, 255, 0),
    (0, 255, 0),
    (0, 255, 255),
    (0, 0, 255),
    (255, 0, 255),
)
# Flow slower than this is not blown up to full saturation.
MIN_RADIUS_PX = 5.0
# Speeds beyond the radius are shown by this factor darker.
_OUT_OF_RANGE = 0.75


def color_wheel() -> NDArray[np.float32]:
    """Return the 55 hues of the Middlebury colour code.

    Source: Baker et al., IJCV 2011, sec. 4.3; ``colorcode`` of the benchmark.
    Deviates: none.

    Returns:
        (55, 3) float32 RGB, whole numbers 0..255.

    Example:
        >>> color_wheel()[[0, 15]]
        array([[255.,   0.,   0.],
               [255., 255.,   0.]], dtype=float32)
    """
    corners = np.array(_CORNERS, dtype=np.float64)
    hues = []
    for i, steps in enumerate(_STEPS):
        start, end = corners[i], corners[(i + 1) % len(corners)]
        share = np.floor(255 * np.arange(steps) / steps)[:, None] / 255
        hues.append(start + share * (end - start))
    return np.concatenate(hues).round().astype(np.float32)


def flow_radius(*flows: NDArray, minimum: float = MIN_RADIUS_PX) -> float:
    """Return the speed that is shown fully saturated: the largest, >= 5 px.

    Source: the published CMP visualisation, ``max(5, max radius)``.

    Args:
        *flows: (H, W, 2) px; values that are not finite do not count.
        minimum: Smallest radius, px.

    Returns:
        px.

    Example:
        >>> flow_radius(np.array([[[6.0, 8.0]]]), np.array([[[1.0, 0.0]]]))
        10.0
    """
    radius = minimum
    for flow in flows:
        speed = np.hypot(flow[..., 0], flow[..., 1])
        speed = speed[np.isfinite(speed)]
        radius = max(radius, float(speed.max(initial=0.0)))
    return radius


def flow_to_rgb(
    flow: NDArray, radius: float | None = None
) -> NDArray[np.uint8]:
    """Colour a flow field by the Middlebury wheel.

    Zero flow is white, right is red, down is yellow-green, left is cyan-blue,
    up is violet. Faster than ``radius`` is shown darker; unknown (not finite)
    is black.

    Source: Baker et al., IJCV 2011, sec. 4.3; ``colorcode`` of the benchmark.
    Deviates: none.

    Args:
        flow: (H, W, 2), (u right, v down) px.
        radius: Speed of full saturation, px; None takes :func:`flow_radius`
            of this flow. Give one radius to panels that are compared.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: Wrong shape, or a radius that is not positive.

    Example:
        >>> flow_to_rgb(np.array([[[0.0, 0.0], [5.0, 0.0]]])).tolist()
        [[[255, 255, 255], [255, 0, 0]]]
    """
    flow = np.asarray(flow, dtype=np.float32)
    if flow.ndim != 3 or flow.shape[-1] != 2:
        raise ValueError(f'flow must have shape (H, W, 2), got {flow.shape}')
    if radius is None:
        radius = flow_radius(flow)
    if not radius > 0:
        raise ValueError(f'radius must be positive, got {radius}')
    known = np.isfinite(flow).all(axis=-1)
    # Adding 0 turns -0. into 0., which atan2 would put on the wheel's far end.
    u, v = np.moveaxis(
        np.where(known[..., None], flow, 0) / radius + 0.0, -1, 0
    )
    speed = np.hypot(u, v)[..., None]
    hue = _hue(np.arctan2(-v, -u))
    color = np.where(
        speed <= 1, 255 - speed * (255 - hue), _OUT_OF_RANGE * hue
    )
    return (np.floor(color) * known[..., None]).astype(np.uint8)


def wheel_disc(diameter: int) -> NDArray[np.uint8]:
    """Draw the wheel itself, the legend of :func:`flow_to_rgb`.

    Args:
        diameter: px.

    Returns:
        (diameter, diameter, 3) uint8 RGB; white outside the disc.
    """
    axis = (np.arange(diameter) + 0.5) / diameter * 2 - 1
    flow = np.stack(np.meshgrid(axis, axis), axis=-1)
    disc = flow_to_rgb(flow, radius=1.0)
    disc[np.hypot(flow[..., 0], flow[..., 1]) > 1] = 255
    return disc


def _hue(angle: NDArray) -> NDArray[np.float32]:
    """Look up angles in -pi..pi on the wheel, linear between its hues."""
    wheel = color_wheel()
    position = (angle / np.pi + 1) / 2 * (len(wheel) - 1)
    low = np.floor(position).astype(np.intp)
    share = (position - low)[..., None]
    high = (low + 1) % len(wheel)
    return (1 - share) * wheel[low] + share * wheel[high]
