"""Batches of views, normalised on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmssl.models.data_preprocessors.normalizing import (
    NormalizingPreprocessor,
)
from mmssl.registry import MODELS


@MODELS.register_module()
class ViewsDataPreprocessor(NormalizingPreprocessor):
    """Moves views to the device as 8-bit and normalises them there.

    Args:
        mean: of R, G, B in 0 .. 255. Defaults to ImageNet's.
        std: of R, G, B in 0 .. 255. Defaults to ImageNet's.
        non_blocking: copy to the device without waiting. Defaults to False.

    Raises:
        ValueError: not three values each, or a std that is not positive.

    Example:
        >>> preprocess = ViewsDataPreprocessor()
        >>> view = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
        >>> batch = preprocess({'inputs': [view, view]})
        >>> [tuple(view.shape) for view in batch['inputs']]
        [(2, 3, 4, 4), (2, 3, 4, 4)]
    """

    def forward(
        self, data: dict[str, Any], training: bool = False
    ) -> dict[str, Any]:
        """Make a batch of what ``default_collate`` or ``pseudo_collate`` gave.

        Args:
            data: ``inputs``: for each of V views the images of the batch,
                (N, 3, h, w) or a list of N (3, h, w), uint8 RGB.
                ``data_samples``: list of N DataSample, or absent.
            training: not used.

        Returns:
            ``inputs``: list of V (N, 3, h, w) float32, normalised.
            ``data_samples``: as given; None if absent. Their tensors stay
            where they are: a thousand small ones in a batch of 256, which a
            GPU would fetch one by one. Who needs boxes or labels of the
            batch stacks them first.

        Raises:
            ValueError: inputs of another form, or images of one view of
                different sizes.
        """
        inputs, samples = data['inputs'], data.get('data_samples')
        if isinstance(inputs, Tensor) or not len(inputs):
            raise ValueError(
                'inputs must be a list of views, as PackViews and '
                f'default_collate make it, got {_told(inputs)}'
            )
        views = [_stacked(n, view) for n, view in enumerate(inputs)]
        views = [self.normalized(view) for view in views]
        return {'inputs': views, 'data_samples': samples}


def _stacked(n: int, view: Tensor | Sequence[Tensor]) -> Tensor:
    """Return the images of one view as (N, 3, h, w)."""
    shapes = {tuple(image.shape) for image in view}
    if not shapes or any(len(s) != 3 or s[0] != 3 for s in shapes):
        raise ValueError(
            f'view {n} must hold images of shape (3, h, w), got '
            f'{sorted(shapes) or "none"}'
        )
    if len(shapes) > 1:
        sizes = ', '.join(f'{h}x{w}' for _, h, w in sorted(shapes))
        raise ValueError(
            f'view {n} must be of one size in all images of a batch, got '
            f'{sizes}: end its pipeline with a resize, crop or PadView'
        )
    return view if isinstance(view, Tensor) else torch.stack(list(view))


def _told(inputs: Any) -> str:
    if isinstance(inputs, Tensor):
        return f'a tensor {tuple(inputs.shape)}'
    return f'{len(inputs)} views'
