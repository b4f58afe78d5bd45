"""Bilinear resizing of maps, corners on corners, as CMP does everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def resize_bilinear(x: Tensor, size: Sequence[int]) -> Tensor:
    """Resize (N, C, h, w) to (N, C) + size, align_corners=True.

    Values are kept as they are: flow in px of the full image stays that.

    Example:
        >>> import torch
        >>> resize_bilinear(torch.tensor([[[[0.0, 1.0]]]]), (1, 3))
        tensor([[[[0.0000, 0.5000, 1.0000]]]])
    """
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(
        x, size=tuple(size), mode='bilinear', align_corners=True
    )


def match_motion_map(
    motion: Tensor, feature: Tensor, image_hw: Sequence[int], stride: int
) -> Tensor:
    """Bring the motion encoder's map to the size of the backbone's.

    Both reduce the image by the same factor, but round odd sizes in their
    own ways: one cell of difference is resized away. Anything else means
    that the strides differ.

    Args:
        motion: (N, C, h, w).
        feature: (N, C', h', w').
        image_hw: size of the image.
        stride: total stride of the motion encoder.

    Returns:
        (N, C, h', w').

    Raises:
        ValueError: h' x w' is not the image's size over ``stride``.
    """
    have, want = tuple(motion.shape[-2:]), tuple(feature.shape[-2:])
    if have == want:
        return motion
    rounded = all(
        abs(a - b) <= 1 and b in (n // stride, -(-n // stride))
        for a, b, n in zip(have, want, image_hw)
    )
    if not rounded:
        raise ValueError(
            f'the motion encoder makes a map of {have[0]}x{have[1]} (stride '
            f'{stride}), but the map of the image has {want[0]}x{want[1]}, '
            f'for an image of {image_hw[0]}x{image_hw[1]}: give the motion '
            'encoder strides whose product is the stride of the backbone'
        )
    return resize_bilinear(motion, want)
