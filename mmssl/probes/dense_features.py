"""Maps of features of images, by any backbone, at any lambda."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Union

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmssl.probes.features import FeatureExtractor
from mmssl.utils.semantic_weight import semantic_weight_of

Stages = Union[int, Sequence[int]]
_POOLED = ('avg_featmap', 'cls_token', 'raw')


class DenseExtractor:
    """Makes maps of features with a model's backbone as it is.

    Args:
        model: with ``data_preprocessor``; wrapped for several processes or
            not.
        backbone: name of the module, such as 'teacher.backbone'.
        stages: which of its outputs; several stand side by side, see
            :func:`joined_maps`.
        normalize: ``dict(mean=, std=)`` in place of the preprocessor's.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone; maps are float32.

    Raises:
        ValueError: there is no such module, precision, or normalisation.
    """

    def __init__(
        self,
        model: nn.Module,
        backbone: str = 'backbone',
        stages: Stages = -1,
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
    ) -> None:
        self.extract = FeatureExtractor(
            model, backbone, normalize=normalize, precision=precision
        )
        self.stages = stages

    @property
    def device(self) -> torch.device:
        """Where the maps are."""
        return self.extract.device

    def __call__(
        self, images: Tensor, semantic_weight: float | None = None
    ) -> Tensor:
        """Return the maps of images.

        Args:
            images: (N, 3, H, W) uint8 RGB, any device.
            semantic_weight: lambda of a semantic backbone; None: its own.

        Returns:
            (N, C, h, w) float32, on the model's device.

        Raises:
            ValueError: the backbone takes no lambda, gives out no map, or
                values that are not finite.
        """
        backbone = self.extract.backbone
        with (
            semantic_weight_of(backbone, semantic_weight),
            map_outputs(backbone),
        ):
            outputs = self.extract.outputs(images)
        return joined_maps(outputs, self.stages)


@contextmanager
def map_outputs(backbone: nn.Module) -> Iterator[None]:
    """Let mmpretrain's transformers give out maps in place of one token.

    Args:
        backbone: Any; one without ``out_type`` is left alone.
    """
    kind = getattr(backbone, 'out_type', None)
    if kind not in _POOLED:
        yield
        return
    backbone.out_type = 'featmap'  # type: ignore[assignment]
    try:
        yield
    finally:
        backbone.out_type = kind


def joined_maps(outputs: Any, stages: Stages = -1) -> Tensor:
    """Return some of a backbone's maps side by side, as one.

    One map is taken as it is. Of several, each cell's vector is brought to
    length 1, so that all count the same, and coarser maps are brought to the
    size of the finest bilinearly.

    Args:
        outputs: (N, C, h, w), or a tuple of such maps.
        stages: place in the tuple, or several places.

    Returns:
        (N, C, h, w) float32.

    Raises:
        ValueError: there is no such stage, or it is no map.

    Example:
        >>> maps = torch.ones(2, 4, 8, 8), torch.ones(2, 6, 4, 4)
        >>> joined_maps(maps).shape, joined_maps(maps, (0, 1)).shape
        (torch.Size([2, 6, 4, 4]), torch.Size([2, 10, 8, 8]))
    """
    if isinstance(outputs, Tensor):
        outputs = (outputs,)
    places = [stages] if isinstance(stages, int) else list(stages)
    if not places:
        raise ValueError('stages must name at least one output, got none')
    maps = [_map_at(outputs, place) for place in places]
    if len(maps) == 1:
        return maps[0]
    hw = max((part.shape[-2:] for part in maps), key=lambda s: s[0] * s[1])
    large = [
        F.interpolate(
            F.normalize(part, dim=1),
            tuple(hw),
            mode='bilinear',
            align_corners=False,
        )
        for part in maps
    ]
    return torch.cat(large, 1)


def _map_at(outputs: Sequence[Any], place: int) -> Tensor:
    """Return one output as a float32 map."""
    if not -len(outputs) <= place < len(outputs):
        raise ValueError(
            f'stage {place} is asked for, but there are {len(outputs)} '
            f'outputs: stages must be in {-len(outputs)} .. '
            f'{len(outputs) - 1}; a backbone gives out what its out_indices '
            'name'
        )
    found = outputs[place]
    if not isinstance(found, Tensor) or found.dim() != 4:
        told = tuple(found.shape) if isinstance(found, Tensor) else type(found)
        raise ValueError(
            'a dense probe needs maps (N, C, h, w), the backbone gives out '
            f"{told}: build it so that it does (out_type='featmap' of vision "
            'transformers, no global pooling)'
        )
    return found.float()


def cell_rows(maps: Tensor) -> Tensor:
    """Return a row for each cell, (N * h * w, C), image by image.

    Args:
        maps: (N, C, h, w).
    """
    return maps.flatten(2).transpose(1, 2).flatten(0, 1)


def rows_map(rows: Tensor, hw: tuple[int, int]) -> Tensor:
    """Return rows of cells as maps again; undoes :func:`cell_rows`.

    Args:
        rows: (N * h * w, K).
        hw: h and w.

    Returns:
        (N, K, h, w).
    """
    maps = rows.unflatten(0, (-1, hw[0] * hw[1])).transpose(1, 2)
    return maps.unflatten(2, hw)
