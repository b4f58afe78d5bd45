"""Lambdas of training."""

from __future__ import annotations

from typing import Union

import torch
from torch import Tensor

from mmssl.utils.semantic_weight import check_semantic_weight

Distribution = Union[str, float]
DISTRIBUTIONS = ('binary', 'uniform')


def check_distribution(distribution: Distribution) -> Distribution:
    """Return how lambdas are drawn: a name, or the one that all have.

    Raises:
        ValueError: an unknown name, or a number outside [0, 1].
    """
    if not isinstance(distribution, str):
        return check_semantic_weight(distribution)
    if distribution not in DISTRIBUTIONS:
        raise ValueError(
            f'unknown semantic_weight_distribution {distribution!r}; valid: '
            f'{", ".join(DISTRIBUTIONS)}, or a number in [0, 1]'
        )
    return distribution


def draw_semantic_weights(
    num_images: int,
    distribution: Distribution,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw a lambda for each image.

    Args:
        num_images: N.
        distribution: ``'binary'``: 0 or 1, each as often; ``'uniform'``: in
            [0, 1); a number: that one.
        generator: of the CPU. Defaults to torch's.

    Returns:
        (N,) float32, on the CPU.

    Example:
        >>> draw_semantic_weights(2, 0.25)
        tensor([0.2500, 0.2500])
    """
    if distribution == 'binary':
        drawn = torch.randint(0, 2, (num_images,), generator=generator)
        return drawn.float()
    if distribution == 'uniform':
        return torch.rand(num_images, generator=generator)
    return torch.full((num_images,), float(distribution))
