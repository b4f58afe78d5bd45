"""Batches of images and guidance points, brought to the device as maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmssl.models.data_preprocessors.normalizing import (
    NormalizingPreprocessor,
)
from mmssl.registry import MODELS
from mmssl.utils.stages import stage


def guidance_map(
    points: Sequence[Tensor],
    vectors: Sequence[Tensor],
    size: Sequence[int],
    device: torch.device | str = 'cpu',
) -> Tensor:
    """Scatter guidance vectors into maps.

    Only the points travel to the device, in one piece for the batch. Of
    equal points of one sample with different vectors, any one wins.

    Args:
        points: for each sample (K, 2) int64: row, column; K may be 0.
        vectors: for each sample (K, 2) float: u, v in px.
        size: (H, W).
        device: where the maps are made.

    Returns:
        (N, 4, H, W) float32: u and v at the points, else 0; then the mask,
        1 at the points, twice.

    Raises:
        ValueError: shapes differ, a point is outside the image, or a vector
            is not finite; the message gives the sample's place in the batch.

    Example:
        >>> point, vector = torch.tensor([[0, 1]]), torch.tensor([[3.0, -1.0]])
        >>> guidance_map([point], [vector], (1, 2))[0, :, 0].tolist()
        [[0.0, 3.0], [0.0, -1.0], [0.0, 1.0], [0.0, 1.0]]
    """
    if len(points) != len(vectors):
        raise ValueError(
            f'{len(points)} sets of guidance points, but {len(vectors)} of '
            'vectors'
        )
    for i, (p, v) in enumerate(zip(points, vectors)):
        _check_guidance(i, p, v, size)
    maps = torch.zeros(len(points), 4, *size, device=device)
    sample = [torch.full_like(p[:, :1], i) for i, p in enumerate(points)]
    place = torch.cat([torch.cat(sample), torch.cat(list(points))], dim=1)
    value = torch.cat(list(vectors)).float()
    value = torch.cat([value, torch.ones_like(value)], dim=1)  # (sum K, 4)
    n, row, column = place.to(device, non_blocking=True).unbind(1)
    maps[n, :, row, column] = value.to(device, non_blocking=True)
    return maps


def _check_guidance(
    i: int, points: Tensor, vectors: Tensor, size: Sequence[int]
) -> None:
    """Refuse the guidance of sample ``i`` if it does not fit its image."""
    shapes = tuple(points.shape), tuple(vectors.shape)
    if points.dim() != 2 or points.shape[1] != 2 or shapes[0] != shapes[1]:
        raise ValueError(
            f'sample {i}: guidance points and vectors must both have shape '
            f'(K, 2), got {shapes[0]} and {shapes[1]}'
        )
    if points.is_floating_point():
        raise ValueError(
            f'sample {i}: guidance points (row, column) must be whole '
            f'numbers, got dtype {points.dtype}'
        )
    limit = points.new_tensor(list(size))
    outside = ((points < 0) | (points >= limit)).any(1)
    if outside.any():
        raise ValueError(
            f'sample {i}: guidance points (row, column) '
            f'{points[outside].tolist()} are outside the image of '
            f'{size[0]} rows x {size[1]} columns'
        )
    if not vectors.isfinite().all():
        raise ValueError(f'sample {i}: guidance vectors are not all finite')


@MODELS.register_module()
class FlowDataPreprocessor(NormalizingPreprocessor):
    """Normalises images, makes the guidance maps, moves all to the device.

    Args:
        mean: of R, G, B in 0 .. 255. Defaults to ImageNet's.
        std: of R, G, B in 0 .. 255. Defaults to ImageNet's.
        non_blocking: copy to the device without waiting. Defaults to False.

    Example:
        >>> preprocess = FlowDataPreprocessor()
        >>> image = torch.zeros(3, 4, 4, dtype=torch.uint8)
        >>> batch = preprocess({'inputs': {'img': [image]}})
        >>> batch['inputs']['img'].shape
        torch.Size([1, 3, 4, 4])
    """

    def forward(
        self, data: dict[str, Any], training: bool = False
    ) -> dict[str, Any]:
        """Make a batch of what ``pseudo_collate`` gave.

        Args:
            data: ``inputs``: dict of ``img``, list of (3, H, W) uint8 RGB,
                and, unless the model goes without guidance,
                ``guidance_points`` and ``guidance_vectors``, lists of
                (K, 2). ``data_samples``: list of DataSample, or absent.
            training: not used.

        Returns:
            ``inputs``: dict of ``img`` (N, 3, H, W) float32, normalised,
            and, if there were points, ``guidance`` (N, 4, H, W) float32.
            ``data_samples``: as given, on the device; None if absent.

        Raises:
            ValueError: images of different sizes, flow of another size than
                its image, or see :func:`guidance_map`.
        """
        inputs, samples = data['inputs'], data.get('data_samples')
        images = _stack(inputs['img'])
        size = images.shape[-2:]
        _check_flow_sizes(samples, size)
        batch = {'img': self.normalized(images)}
        if 'guidance_points' in inputs:
            points = inputs['guidance_points']
            if len(points) != len(images):
                raise ValueError(
                    f'{len(images)} images, but guidance points for '
                    f'{len(points)}'
                )
            with stage('guidance map'):
                batch['guidance'] = guidance_map(
                    points, inputs['guidance_vectors'], size, self.device
                )
        return {'inputs': batch, 'data_samples': self.cast_data(samples)}


def _stack(images: Sequence[Tensor] | Tensor) -> Tensor:
    """Stack (3, H, W) images of one size to (N, 3, H, W)."""
    shapes = sorted({tuple(image.shape) for image in images})
    if not shapes or any(len(s) != 3 or s[0] != 3 for s in shapes):
        raise ValueError(
            f'images must have shape (3, H, W), got {shapes or "none"}'
        )
    if len(shapes) > 1:
        sizes = ', '.join(f'{h}x{w}' for _, h, w in shapes)
        raise ValueError(
            f'images of one batch must be of one size, got {sizes}: crop '
            'them to one size'
        )
    return images if isinstance(images, Tensor) else torch.stack(list(images))


def _check_flow_sizes(samples: Any, size: Sequence[int]) -> None:
    """Refuse target flow that is not (2, H, W) for an image of H x W."""
    for i, sample in enumerate(samples or ()):
        flow = sample.get('gt_flow')
        if flow is not None and tuple(flow.shape) != (2, *size):
            raise ValueError(
                f'sample {i}: flow must have shape {(2, *size)}, as its '
                f'image, got {tuple(flow.shape)}'
            )
