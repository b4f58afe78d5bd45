"""Keypoints of a box as cells of a square heatmap, there and back.

Coordinates are continuous: a pixel or cell of index i covers [i, i + 1), its
middle is i + 0.5. No box, point or map is shifted by a pixel.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def keypoints_to_cells(
    keypoints: Tensor, boxes: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """Return the heatmap cell that each keypoint of each box lies in.

    Cell of (x, y) in a box: floor((x - x1) * size / (x2 - x1)), likewise in
    y; index = row * size + column. A point on the right or lower border is
    of the last column or row.

    Source: He et al. 2017 (Mask R-CNN) sec. 5; rules of the border as in
    detectron2.

    Args:
        keypoints: (N, K, 3) x, y in pixels of the boxes' image, visibility;
            0 is not labelled. Row i belongs to box i.
        boxes: (N, 4) x1, y1, x2, y2.
        size: Side of the heatmaps in cells.

    Returns:
        Index of the cell, (N, K) int64, 0 where there is none; and whether
        there is one: labelled and in the box, (N, K) bool.

    Raises:
        ValueError: Shapes that do not fit each other.

    Example:
        >>> point = torch.tensor([[[5.0, 0.0, 2.0], [11.0, 5.0, 2.0]]])
        >>> box = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
        >>> keypoints_to_cells(point, box, 4)
        (tensor([[2, 0]]), tensor([[ True, False]]))
    """
    if keypoints.dim() != 3 or keypoints.shape[-1] != 3:
        raise ValueError(
            f'keypoints must be (N, K, 3), got {tuple(keypoints.shape)}'
        )
    if boxes.shape != (len(keypoints), 4):
        raise ValueError(
            f'{len(keypoints)} instances need boxes of shape '
            f'({len(keypoints)}, 4), got {tuple(boxes.shape)}'
        )
    corner, end = boxes[:, None, :2], boxes[:, None, 2:]
    points = keypoints[..., :2]
    # A box without an area holds nothing; 1 only avoids a division by 0.
    sides = torch.where(end > corner, end - corner, torch.ones_like(end))
    cells = ((points - corner) * (size / sides)).floor().long()
    cells = torch.where(points == end, torch.full_like(cells, size - 1), cells)
    inside = (points >= corner) & (points <= end) & (end > corner)
    valid = inside.all(-1) & (keypoints[..., 2] > 0)
    # Rounding may reach `size` just before the border.
    cells = cells.clamp(0, size - 1)
    index = cells[..., 1] * size + cells[..., 0]
    return torch.where(valid, index, torch.zeros_like(index)), valid


def heatmaps_to_keypoints(heatmaps: Tensor, boxes: Tensor) -> Tensor:
    """Return the best place of each heatmap in the image, and its score.

    Each map is enlarged (bicubic) to its box in whole pixels, rounded up;
    the place is the middle of the best pixel. Score: exp(best) over the sum
    of exp over the *small* map, so that boxes of all sizes compare (a bit
    more than 1 where the enlarged map overshoots).

    Source: He et al. 2017 (Mask R-CNN); bicubic map, middle of the pixel and
    score as in detectron2.
    Deviates: where a box has fewer pixels than the map has cells, the map
    keeps its cells; there, only some of them are looked at.

    Args:
        heatmaps: (N, K, S, S) logits.
        boxes: (N, 4) x1, y1, x2, y2 in pixels.

    Returns:
        (N, K, 3) float32: x, y in pixels of the image, score.

    Example:
        >>> maps = torch.zeros(1, 1, 4, 4)
        >>> maps[0, 0, 3, 0] = 50
        >>> box = torch.tensor([[10.0, 20.0, 14.0, 24.0]])
        >>> heatmaps_to_keypoints(maps, box)
        tensor([[[10.5000, 23.5000,  1.0000]]])
    """
    heatmaps, boxes = heatmaps.detach().float(), boxes.detach().float()
    found = heatmaps.new_zeros(*heatmaps.shape[:2], 3)
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    whole = sides.ceil().clamp(min=heatmaps.shape[-1])
    # One transfer from the device for all boxes, not one for each.
    for i, (width, height) in enumerate(whole.long().tolist()):
        found[i] = _best_places(heatmaps[i], height, width)
    found[..., :2] *= (sides / whole)[:, None]
    found[..., :2] += boxes[:, None, :2]
    return found


def _best_places(maps: Tensor, height: int, width: int) -> Tensor:
    """Return (K, 3): x, y in pixels of the enlarged maps, score."""
    large = F.interpolate(
        maps[None], (height, width), mode='bicubic', align_corners=False
    )[0].flatten(1)
    best, place = large.max(1)
    # Bicubic maps overshoot: the largest of both keeps exp from overflow.
    top = torch.maximum(best, maps.flatten(1).max(1).values)
    total = (maps.flatten(1) - top[:, None]).exp().sum(1)
    row = torch.div(place, width, rounding_mode='floor')
    column = place - row * width
    score = (best - top).exp() / total
    return torch.stack([column + 0.5, row + 0.5, score], 1)
