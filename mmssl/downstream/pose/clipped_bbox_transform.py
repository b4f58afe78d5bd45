"""Random scale and rotation of a person, drawn as older recipes drew them."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ClippedBBoxTransform(BaseTransform):
    """Scale and rotate boxes by normal draws that are clipped.

    scale: clip(N(1, s), 1 - s, 1 + s); rotation: clip(N(0, r), -2r, 2r)
    degrees with probability p, else 0. A third of all scales is exactly at
    one of the ends.

    Source: SOLIDER's pose recipe (mmpose 0.25). mmpose 1.x
    (``RandomBBoxTransform``) draws from normals cut off at one deviation:
    other shares of the ends, twice the rotation.
    Deviates: none.

    Args:
        scale_factor: s. Defaults to 0.5.
        rotation_factor: r in degrees. Defaults to 40.
        rotation_prob: p. Defaults to 0.6.

    Required Keys:
        - bbox_scale: (n, 2)

    Modified Keys:
        - bbox_scale

    Added Keys:
        - bbox_rotation: (n,) float32, degrees

    Raises:
        ValueError: A number out of its range.
    """

    def __init__(
        self,
        scale_factor: float = 0.5,
        rotation_factor: float = 40.0,
        rotation_prob: float = 0.6,
    ) -> None:
        if not 0 <= scale_factor < 1:
            raise ValueError(
                f'scale_factor must be in [0, 1), got {scale_factor}'
            )
        if rotation_factor < 0:
            raise ValueError(
                f'rotation_factor must be at least 0, got {rotation_factor}'
            )
        if not 0 <= rotation_prob <= 1:
            raise ValueError(
                f'rotation_prob must be in [0, 1], got {rotation_prob}'
            )
        self.scale_factor = scale_factor
        self.rotation_factor = rotation_factor
        self.rotation_prob = rotation_prob

    def draw(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return scales (count,) and rotations (count,) in degrees."""
        s, r = self.scale_factor, self.rotation_factor
        scales = np.clip(np.random.normal(1, s, count), 1 - s, 1 + s)
        turns = np.clip(np.random.normal(0, r, count), -2 * r, 2 * r)
        turned = np.random.uniform(size=count) <= self.rotation_prob
        return scales, np.where(turned, turns, 0.0)

    def transform(self, results: dict) -> dict:
        """Return ``results`` with other scales and rotations."""
        scales, rotations = self.draw(len(results['bbox_scale']))
        scaled = results['bbox_scale'] * scales[:, None]
        results['bbox_scale'] = scaled.astype(np.float32)
        results['bbox_rotation'] = rotations.astype(np.float32)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(scale_factor={self.scale_factor}, '
            f'rotation_factor={self.rotation_factor}, '
            f'rotation_prob={self.rotation_prob})'
        )
