"""What transforms of colours and sharpness have in common."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.checks import checked_prob
from mmssl.datasets.transforms.random import get_rng


class PhotometricTransform(BaseTransform):
    """Base of the transforms that change values, and no pixel's place.

    Required keys: img (H, W, 3) uint8 RGB; rng. Modified keys: img.

    The geometry record of a view stays as it is. Everything random comes
    from ``results['rng']``: one number that decides whether the image is
    changed, then what :meth:`change` draws.

    Args:
        prob: Probability of the change, in [0, 1].

    Raises:
        ValueError: ``prob`` is outside [0, 1], or the image has another
            shape or type.
    """

    def __init__(self, prob: float = 1.0) -> None:
        self.prob = checked_prob(prob)

    def transform(self, results: dict) -> dict:
        """Change the image, or nothing."""
        img = results['img']
        if img.ndim != 3 or img.shape[2] != 3 or img.dtype != np.uint8:
            raise ValueError(
                f'{type(self).__name__} needs img as (H, W, 3) uint8, got '
                f'{img.shape} {img.dtype}'
            )
        rng = get_rng(results)
        if rng.random() < self.prob:
            results['img'] = self.change(img, rng)
        return results

    @abstractmethod
    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the changed image.

        Args:
            img: (H, W, 3) uint8 RGB; stays as it is.
            rng: Source of all that is drawn.

        Returns:
            (H, W, 3) uint8 RGB, another array.
        """

    def __repr__(self) -> str:
        settings = ', '.join(f'{k}={v!r}' for k, v in vars(self).items())
        return f'{type(self).__name__}({settings})'
