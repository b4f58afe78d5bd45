"""Augmentations of flow: flip (with the image), reverse, scale, rotate.

The published order is resize, crop, then these in the order given here, then
guidance, which is taken from their result. All are off in the published
configs.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.checks import checked_prob, forbid_guidance
from mmssl.datasets.transforms.image_flow import IMAGE_KEYS, present
from mmssl.datasets.transforms.random import get_rng
from mmssl.registry import TRANSFORMS


def rotate_flow(
    flow: np.ndarray, angle: float, published_arctan: bool = False
) -> np.ndarray:
    """Rotate every vector of a flow field by the same angle.

    ``u' = u cos a - v sin a``, ``v' = u sin a + v cos a``.

    The published code goes by ``arctan(v / u) + a``. That loses the quadrant:
    a vector with negative u (the sign bit counts: -0.0 is negative) comes
    out reversed. And it makes NaN of a zero vector; here, with
    ``published_arctan``, a zero vector stays zero.

    Source: ``flow_aug.rotate`` of the published CMP.
    Deviates: as said; ``published_arctan=True`` restores all but the NaN.

    Args:
        flow: (H, W, 2) float32, px.
        angle: Radians, from +u (right) to +v (down).
        published_arctan: Reproduce the lost quadrant.

    Returns:
        (H, W, 2) float32, px.

    Example:
        >>> flow = np.float32([[[-3, 4]]])
        >>> rotate_flow(flow, math.pi / 2).round()[0, 0].tolist()
        [-4.0, -3.0]
        >>> rotate_flow(flow, math.pi / 2, True).round()[0, 0].tolist()
        [4.0, 3.0]
    """
    cos, sin = math.cos(angle), math.sin(angle)
    turned = cv2.transform(flow, np.array([[cos, -sin], [sin, cos]]))
    if published_arctan:
        turned = np.where(np.signbit(flow[..., :1]), -turned, turned)
    return turned


@TRANSFORMS.register_module()
class FlipImageFlow(BaseTransform):
    """Mirror image and flow left to right, and turn u around.

    Required keys: img and / or flow; rng.

    Modified keys: img, target_img, flow.

    Added keys: flip (bool).

    Source: ``image_flow_aug.flip`` of the published CMP (off in all of its
    configs).

    Args:
        prob: Probability of the mirror, in [0, 1].

    Raises:
        ValueError: ``prob`` is outside [0, 1].
    """

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = checked_prob(prob)

    def transform(self, results: dict) -> dict:
        """Mirror what is there, or nothing."""
        forbid_guidance(results, self)
        results['flip'] = bool(get_rng(results).random() < self.prob)
        if not results['flip']:
            return results
        for key in present(results, (*IMAGE_KEYS, 'flow')):
            results[key] = cv2.flip(results[key], 1)
        if 'flow' in results:
            results['flow'][..., 0] *= -1
        return results


@TRANSFORMS.register_module()
class ReverseFlow(BaseTransform):
    """Turn all motion around: flow becomes -flow.

    Required keys: flow, rng. Modified keys: flow.

    Source: ``flow_aug.reverse`` of the published CMP.

    Args:
        prob: Probability, in [0, 1].

    Raises:
        ValueError: ``prob`` is outside [0, 1].
    """

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = checked_prob(prob)

    def transform(self, results: dict) -> dict:
        """Reverse the flow, or nothing."""
        forbid_guidance(results, self)
        if get_rng(results).random() < self.prob:
            results['flow'] = -results['flow']
        return results


@TRANSFORMS.register_module()
class ScaleFlow(BaseTransform):
    """Multiply all motion by one factor, uniform in [low, high).

    Required keys: flow, rng. Modified keys: flow.

    Source: ``flow_aug.scale`` of the published CMP.

    Args:
        low: Smallest factor.
        high: Largest factor.

    Raises:
        ValueError: Not 0 < low <= high.
    """

    def __init__(self, low: float = 0.5, high: float = 2.0) -> None:
        if not 0 < low <= high:
            raise ValueError(f'need 0 < low <= high, got {low} and {high}')
        self.low = low
        self.high = high

    def transform(self, results: dict) -> dict:
        """Scale the flow."""
        forbid_guidance(results, self)
        factor = get_rng(results).uniform(self.low, self.high)
        if factor != 1:
            results['flow'] = results['flow'] * np.float32(factor)
        return results


@TRANSFORMS.register_module()
class RotateFlow(BaseTransform):
    """Rotate all motion by one angle, uniform in [0, 2 pi).

    Required keys: flow, rng. Modified keys: flow.

    Source and deviations: :func:`rotate_flow`.

    Args:
        prob: Probability, in [0, 1].
        published_arctan: Reproduce the published loss of the quadrant.

    Raises:
        ValueError: ``prob`` is outside [0, 1].
    """

    def __init__(
        self, prob: float = 0.5, published_arctan: bool = False
    ) -> None:
        self.prob = checked_prob(prob)
        self.published_arctan = published_arctan

    def transform(self, results: dict) -> dict:
        """Rotate the flow, or nothing."""
        forbid_guidance(results, self)
        rng = get_rng(results)
        if rng.random() < self.prob:
            results['flow'] = rotate_flow(
                results['flow'],
                rng.uniform(0, 2 * math.pi),
                self.published_arctan,
            )
        return results
