"""Blur by shrinking and enlarging, which the published SCRL uses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmssl.datasets.transforms.photometric import PhotometricTransform
from mmssl.datasets.transforms.view_pixels import resize_view
from mmssl.registry import TRANSFORMS

PUBLISHED_FACTORS = (1.1, 1.2, 1.5)


def resize_blur(img: np.ndarray, factor: float) -> np.ndarray:
    """Shrink by a factor and enlarge again, both bicubic and antialiased.

    Args:
        img: (H, W, 3) uint8.
        factor: At least 1; the small image has ``h // factor`` rows and
            ``w // factor`` columns, at least 1.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> img = np.full((8, 8, 3), 7, np.uint8)
        >>> bool((resize_blur(img, 1.5) == 7).all())
        True
    """
    h, w = img.shape[:2]
    small = max(1, int(h // factor)), max(1, int(w // factor))
    return resize_view(resize_view(img, small), (h, w))


@TRANSFORMS.register_module()
class ResizeBlurView(PhotometricTransform):
    """Blur by shrinking and enlarging; the factor is drawn.

    Required keys: img (H, W, 3) uint8 RGB; rng. Modified keys: img.

    Source: the published code, which selects it where Table A1 of the paper
    says Gaussian blur (prob 1.0 for the first view, 0.1 for the second).
    Deviates: not Pillow's resize but torch's, see
    :func:`~mmssl.datasets.transforms.view_pixels.resize_view`.

    Args:
        prob: Probability of the change, in [0, 1].
        factors: Each is drawn equally often.

    Raises:
        ValueError: ``prob`` is outside [0, 1], no factors, or one below 1.
    """

    def __init__(
        self, prob: float = 1.0, factors: Sequence[float] = PUBLISHED_FACTORS
    ) -> None:
        super().__init__(prob)
        if not factors or min(factors) < 1:
            raise ValueError(
                'factors must be one number or more, each at least 1, got '
                f'{factors}'
            )
        self.factors = tuple(factors)

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a factor and blur."""
        return resize_blur(img, self.factors[rng.integers(len(self.factors))])
