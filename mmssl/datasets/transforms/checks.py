"""Checks that several transforms share."""

from __future__ import annotations

from mmcv.transforms import BaseTransform


def checked_prob(prob: float) -> float:
    """Return ``prob``, or raise ValueError outside [0, 1]."""
    if not 0 <= prob <= 1:
        raise ValueError(f'prob must lie in [0, 1], got {prob}')
    return prob


def forbid_guidance(results: dict, transform: BaseTransform) -> None:
    """Refuse to change a sample whose guidance is drawn already.

    Raises:
        ValueError: There are guidance points; they would go stale.
    """
    if 'guidance_points' in results:
        raise ValueError(
            f'{type(transform).__name__} must come before SampleGuidance: '
            'guidance is taken from the flow that the network is to predict'
        )
