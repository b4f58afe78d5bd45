"""The images of a probe, normalised as the model wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Normalization(NamedTuple):
    """(image - mean) / std, of RGB images in 0 .. 255.

    Attributes:
        mean: (3, 1, 1) float32.
        std: (3, 1, 1) float32.
    """

    mean: Tensor
    std: Tensor

    def __call__(self, images: Tensor, device: torch.device) -> Tensor:
        """Normalise (N, 3, H, W) uint8 RGB images, on a device.

        Raises:
            ValueError: they have another shape or dtype.
        """
        shape = tuple(images.shape)
        fits = images.dim() == 4 and shape[1] == 3
        if not fits or images.dtype != torch.uint8:
            raise ValueError(
                'a probe takes (N, 3, H, W) uint8 RGB images and normalises '
                f'them itself, got {shape}, {images.dtype}: end the pipeline '
                "with dict(type='PackViews')"
            )
        images = images.to(device, non_blocking=True).float()
        return (images - self.mean.to(device)) / self.std.to(device)


def normalization_of(
    model: nn.Module, override: Mapping[str, Sequence[float]] | None = None
) -> Normalization:
    """Return the normalisation of a model's data preprocessor.

    Args:
        model: with ``data_preprocessor`` that has ``mean`` and ``std``.
        override: ``dict(mean=(r, g, b), std=(r, g, b))`` in its place.

    Raises:
        ValueError: the override is incomplete, there is nothing to take it
            from, or std is not positive.

    Example:
        >>> half = dict(mean=(0, 0, 0), std=(2, 2, 2))
        >>> normalization_of(nn.Identity(), half).std.flatten().tolist()
        [2.0, 2.0, 2.0]
    """
    if override is not None:
        source = 'normalize'
        values: dict[str, Any] = dict(override)
        if sorted(values) != ['mean', 'std']:
            raise ValueError(
                'normalize must be dict(mean=(r, g, b), std=(r, g, b)), got '
                f'{sorted(values)}'
            )
    else:
        given = getattr(model, 'data_preprocessor', None)
        source = type(given).__name__
        values = {k: getattr(given, k, None) for k in ('mean', 'std')}
        if values['mean'] is None or values['std'] is None:
            raise ValueError(
                f'the data preprocessor ({source}) has no mean and std: give '
                'the probe normalize=dict(mean=(r, g, b), std=(r, g, b)), '
                'of 0 .. 255'
            )
    return Normalization(*(_three(values[k], k, source) for k in values))


def _three(values: Any, name: str, source: str) -> Tensor:
    """Return three numbers as (3, 1, 1)."""
    tensor = torch.as_tensor(values, dtype=torch.float32).detach().flatten()
    positive = name == 'mean' or bool((tensor > 0).all())
    if len(tensor) != 3 or not positive:
        raise ValueError(
            f'{name} of {source} must be three numbers (R, G, B in 0 .. 255; '
            f'std > 0), got {tensor.tolist()}'
        )
    return tensor.view(3, 1, 1)
