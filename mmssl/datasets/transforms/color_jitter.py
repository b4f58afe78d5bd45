"""Random brightness, contrast, saturation and hue."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Union

import numpy as np

from mmssl.datasets.transforms.color_adjust import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    to_8_bits,
)
from mmssl.datasets.transforms.photometric import PhotometricTransform
from mmssl.registry import TRANSFORMS

Strength = Union[float, Sequence[float]]

_ADJUST = dict(
    brightness=adjust_brightness,
    contrast=adjust_contrast,
    saturation=adjust_saturation,
    hue=adjust_hue,
)


@TRANSFORMS.register_module()
class ColorJitterView(PhotometricTransform):
    """Change brightness, contrast, saturation and hue, in random order.

    A strength s draws the factor uniformly from [max(0, 1 - s), 1 + s], that
    of the hue from [-s, s]; a pair is the range itself. A strength of 0
    leaves its property out.

    Required keys: img (H, W, 3) uint8 RGB; rng. Modified keys: img.

    Source: Table A1 of the paper; torchvision's ``ColorJitter``.
    Deviates: computed in float32 and rounded once, at the end; Pillow, which
    the published code uses, rounds four times. Each of the four is within
    half a grey level of torchvision's for float tensors.

    Args:
        brightness: Strength, or range of the factor, at least 0.
        contrast: The same.
        saturation: The same.
        hue: Strength up to 0.5, or range within [-0.5, 0.5].
        prob: Probability of the change, in [0, 1].

    Raises:
        ValueError: A range is empty or out of bounds, or ``prob`` is.
    """

    def __init__(
        self,
        brightness: Strength = 0.4,
        contrast: Strength = 0.4,
        saturation: Strength = 0.2,
        hue: Strength = 0.1,
        prob: float = 0.8,
    ) -> None:
        super().__init__(prob)
        self.ranges = dict(
            brightness=_factors('brightness', brightness),
            contrast=_factors('contrast', contrast),
            saturation=_factors('saturation', saturation),
            hue=_turns(hue),
        )

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the order, then the factors, and apply them."""
        names = list(self.ranges)
        order = rng.permutation(len(names)).tolist()
        # As rng.uniform(low, high) of each, in a fifth of its time.
        factors = [
            low + (high - low) * share
            for (low, high), share in zip(
                self.ranges.values(), rng.random(len(names)).tolist()
            )
        ]
        out = img.astype(np.float32)
        for i in order:
            if _changes(names[i], self.ranges[names[i]]):
                out = _ADJUST[names[i]](out, factors[i])
        return to_8_bits(out)


def _factors(name: str, strength: Strength) -> tuple[float, float]:
    """Return the range of a factor around 1."""
    if not isinstance(strength, Sequence):
        strength = (max(0.0, 1 - strength), 1 + strength)
    return _checked(name, strength, 0.0, math.inf)


def _turns(strength: Strength) -> tuple[float, float]:
    """Return the range of the hue's turn."""
    if not isinstance(strength, Sequence):
        strength = (-strength, strength)
    return _checked('hue', strength, -0.5, 0.5)


def _checked(
    name: str, bounds: Sequence[float], low: float, high: float
) -> tuple[float, float]:
    if len(bounds) != 2 or not low <= bounds[0] <= bounds[1] <= high:
        raise ValueError(
            f'{name} must be a strength >= 0 or a range (low, high) within '
            f'[{low}, {high}]; this gives {tuple(bounds)}'
        )
    return float(bounds[0]), float(bounds[1])


def _changes(name: str, bounds: tuple[float, float]) -> bool:
    neutral = 0.0 if name == 'hue' else 1.0
    return bounds != (neutral, neutral)
