"""The camera: how it moves, and what it makes of light."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class CameraPath(NamedTuple):
    """Smooth motion of a camera; an amplitude of 0 is a camera at rest.

    Attributes:
        speed: (4,) per unit of time: pan right, down (heights of the frame),
            roll (rad), log of the zoom.
        sway: (4,) amplitudes of the same.
        rate: (4,) rad per unit of time.
        start: (4,) rad.
        slide: (3,) sideways travel: per unit of time, amplitude, and rad per
            unit of time; what is near moves more.
    """

    speed: Array
    sway: Array
    rate: Array
    start: Array
    slide: Array

    @classmethod
    def draw(
        cls, rng: np.random.Generator, strength: float = 1.0
    ) -> CameraPath:
        """Draw a path; a third of the cameras rest but for some shake."""
        moving = strength * (rng.random() < 0.67)
        shake = strength * rng.uniform(0.0, 0.002)
        spread = np.array([0.006, 0.002, 0.003, 0.004])
        return cls(
            speed=moving * rng.normal(0, 0.5, 4) * spread,
            sway=moving * rng.normal(0, 2.0, 4) * spread
            + shake * np.array([1, 1, 0.5, 0.5]),
            rate=2 * np.pi / rng.uniform(14, 60, 4),
            start=rng.uniform(0, 2 * np.pi, 4),
            slide=np.array(
                [
                    moving * rng.normal(0, 0.008),
                    moving * rng.normal(0, 0.02),
                    2 * np.pi / rng.uniform(30, 90),
                ]
            ),
        )

    def view(self, t: float, size_hw: tuple[int, int]) -> Array:
        """Return the map of a point of the scene into the image, (2, 3).

        The scene is in heights of the frame from its top left corner at
        rest, the image in px. Zero at t = 0: scenes start as they were laid
        out.
        """
        wave = np.sin(self.rate * t + self.start) - np.sin(self.start)
        right, down, roll, zoom = self.speed * t + self.sway * wave
        height, width = size_hw
        middle = np.array([0.5 * width / height, 0.5])
        cos, sin = np.cos(roll), np.sin(roll)
        turn = np.exp(zoom) * np.array([[cos, -sin], [sin, cos]])
        shift = middle - turn @ middle + [right, down]
        return height * np.concatenate([turn, shift[:, None]], axis=1)

    def travel(self, t: float) -> float:
        """Return how far the camera has slid, heights at nearness 1."""
        speed, sway, rate = self.slide
        return float(speed * t + sway * np.sin(rate * t))


class Lighting(NamedTuple):
    """Light of a scene.

    Attributes:
        side: Where it comes from, -1 left to 1 right.
        strength: How much round things are shaded, 0 to 1.
        across: Relative gain at the right against the left edge.
        shadow: How dark shadows on the ground are, 0 to 1.
    """

    side: float
    strength: float
    across: float
    shadow: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Lighting:
        """Draw the light of a scene."""
        return cls(
            side=float(rng.uniform(-1, 1)),
            strength=float(rng.uniform(0.15, 0.6)),
            across=float(rng.uniform(-0.25, 0.25)),
            shadow=float(rng.uniform(0.1, 0.6)),
        )


class CameraLook(NamedTuple):
    """What one camera makes of the same colours.

    value = 255 (gain cast x / 255)^gamma + noise.

    Attributes:
        gain: Exposure.
        cast: (3,) of red, green, blue.
        gamma: Contrast.
        noise: Standard deviation, of 255.
        blur: Standard deviation of the lens, px.
    """

    gain: float
    cast: Array
    gamma: float
    noise: float
    blur: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> CameraLook:
        """Draw a camera."""
        return cls(
            gain=float(np.exp(np.clip(rng.normal(0, 0.2), -0.5, 0.35))),
            cast=np.exp(rng.normal(0, 0.09, 3)),
            gamma=float(np.exp(rng.normal(0, 0.15))),
            noise=float(rng.uniform(0.5, 7)),
            blur=float(rng.uniform(0.35, 0.7)),
        )

    @classmethod
    def plain(cls) -> CameraLook:
        """Return a camera that changes nothing."""
        return cls(1.0, np.ones(3), 1.0, 0.0, 0.0)

    def curve(self) -> NDArray[np.uint8]:
        """Return the value of each channel for each input, (256, 3)."""
        x = np.arange(256)[:, None] / 255 * self.gain * self.cast
        return np.rint(255 * np.clip(x, 0, 1) ** self.gamma).astype(np.uint8)
