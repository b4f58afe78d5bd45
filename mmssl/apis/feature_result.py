"""Features of one image, of a batch, at one lambda or at several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mmssl.apis.feature_outputs import Outputs


class ImageFeatures(NamedTuple):
    """Features of images, float32.

    Attributes:
        pooled: (C,) of one image, (N, C) of a batch; with several lambdas
            (L, C) and (L, N, C).
        dense: The same with (..., C, h, w): the map that was pooled. Images
            that keep their sizes (``size=None``): a list of N maps. None
            where the backbone gives no map.
    """

    pooled: NDArray[np.float32]
    dense: Any


def planes(images: Sequence[NDArray[np.uint8]]) -> Tensor:
    """Stack images of one size.

    Args:
        images: N (h, w, 3) uint8.

    Returns:
        (N, 3, h, w) uint8.
    """
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)


def by_image(passes: Sequence[Outputs]) -> list[ImageFeatures]:
    """Return each image's rows of several passes, on the CPU.

    Args:
        passes: L outputs for the same N images.

    Returns:
        N features, (L, C) and (L, C, h, w).
    """
    pooled = torch.stack([one.pooled for one in passes], 1).cpu().numpy()
    maps = [one.dense for one in passes if one.dense is not None]
    if not maps:
        return [ImageFeatures(row, None) for row in pooled]
    dense = torch.stack(maps, 1).cpu().numpy()
    return [ImageFeatures(row, one) for row, one in zip(pooled, dense)]


def without_lambdas(features: ImageFeatures) -> ImageFeatures:
    """Return the features at the first lambda, without that axis.

    Args:
        features: Of one image, (L, C) and (L, C, h, w).
    """
    dense = None if features.dense is None else features.dense[0]
    return ImageFeatures(features.pooled[0], dense)


def together(
    features: Sequence[ImageFeatures], axis: int, as_list: bool
) -> ImageFeatures:
    """Put images together.

    Args:
        features: Of each image.
        axis: Where the axis of images goes: 0, or 1 behind that of lambdas.
        as_list: Leave maps as they are, as their sizes may differ.
    """
    if not features:
        return ImageFeatures(np.zeros((0, 0), np.float32), [])
    pooled = np.stack([one.pooled for one in features], axis)
    maps = [one.dense for one in features]
    if maps[0] is None:
        return ImageFeatures(pooled, None)
    return ImageFeatures(pooled, maps if as_list else np.stack(maps, axis))
