"""Keypoints as a linear function of a frozen map's cells."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from mmssl.probes.linear_fit import minimised

_NEAR = 1.0  # cells around a keypoint that learn how far it is


class KeypointFit(NamedTuple):
    """Two 1 x 1 convolutions on standardised channels.

    Attributes:
        score: (K, C) weights: which cell a keypoint is in.
        offset: (K, 2, C + 1) weights and bias: how far, across and down, it
            is from the cell's centre, in cells.
        mean: (C,) of the cells that were fitted on.
        std: (C,) of these, no smaller than 1e-6.
    """

    score: Tensor
    offset: Tensor
    mean: Tensor
    std: Tensor

    def predict(self, maps: Tensor, hw: tuple[int, int]) -> Tensor:
        """Return the keypoints of images.

        The cell with the largest score and those around it say where the
        keypoint is, each by its own offset; of these places the mean is
        taken, weighted by the softmax of the scores.

        Args:
            maps: (N, C, h, w), any device.
            hw: Height and width of the images, px.

        Returns:
            (N, K, 3) float32 x, y px, and the largest share that a cell has
            in the softmax over all.
        """
        h, w = maps.shape[2:]
        score, offset, mean, std = (part.to(maps.device) for part in self)
        x = (maps.flatten(2).transpose(1, 2) - mean) / std
        share = (x @ score.T).softmax(1)  # (N, h * w, K)
        largest, best = share.max(1)
        centres = _centres(h, w, maps.device)
        apart = centres[best][:, None] - centres[:, None]
        near = share * (apart.abs() <= 1).all(3)
        near = near / near.sum(1, keepdim=True)
        way = torch.einsum('npc,kdc->npkd', x, offset[..., :-1])
        way = (way + offset[..., -1]).clamp(-_NEAR, _NEAR)
        cells = ((centres[:, None] + way + 0.5) * near[..., None]).sum(1)
        px = cells * cells.new_tensor([hw[1] / w, hw[0] / h])
        return torch.cat([px, largest[..., None]], 2)


def fit_keypoints(
    maps: Tensor,
    places: Tensor,
    labelled: Tensor,
    l2: float = 1e-2,
    max_iter: int = 100,
) -> KeypointFit:
    """Fit which cell each keypoint is in, and how far from its centre.

    Which: ``min_W mean CE(softmax over the cells of W x, target) +
    l2 / 2 |W|^2`` over the labelled keypoints, to its minimum by L-BFGS from
    zero. The target is the keypoint shared out bilinearly over the four
    cells around it. How far: ridge regression in closed form on the cells
    whose centres are at most one cell from the keypoint, across and down.
    x is standardised by channel. Nothing is random.

    Args:
        maps: (N, C, h, w) float32.
        places: (N, K, 2) x, y of the keypoints as shares of the image's
            width and height.
        labelled: (N, K) bool; the others, and those beyond the image, do not
            count.
        l2: Strength of both penalties, > 0.
        max_iter: Most steps of L-BFGS.

    Returns:
        The fit, on the maps' device. A keypoint that is never labelled gets
        zeros.

    Raises:
        ValueError: Shapes differ, nothing is labelled, or the maps are not
            finite.
    """
    inside = ((places >= 0) & (places <= 1)).all(2)
    known = labelled & inside
    _check(maps, places, known, l2)
    h, w = maps.shape[2:]
    x = maps.flatten(2).transpose(1, 2)
    flat = x.flatten(0, 1)
    mean = flat.mean(0)
    std = flat.std(0, unbiased=False).clamp(min=1e-6)
    x = (x - mean) / std
    cells = places * places.new_tensor([w, h]) - 0.5
    target = bilinear_target(cells, (h, w)) * known[..., None]
    score = _fit_score(x, target, l2, max_iter)
    return KeypointFit(score, _fit_offset(x, cells, known, w, l2), mean, std)


def bilinear_target(cells: Tensor, hw: tuple[int, int]) -> Tensor:
    """Share each place out over the four cells around it.

    Args:
        cells: (N, K, 2) across and down, in cells; 0 is the first centre.
        hw: h and w, cells.

    Returns:
        (N, K, h * w) float32 that sum to 1; places beyond the outer centres
        belong to the outer cells.

    Example:
        >>> bilinear_target(torch.tensor([[[0.25, 0.0]]]), (1, 2)).tolist()
        [[[0.75, 0.25]]]
    """
    shares = []
    for axis, size in zip(cells.unbind(-1), hw[::-1]):
        centres = torch.arange(size, device=cells.device)
        far = (axis.clamp(0, size - 1)[..., None] - centres).abs()
        shares.append((1 - far).clamp(min=0))
    across, down = shares
    return (down[..., :, None] * across[..., None, :]).flatten(2)


def _fit_score(x: Tensor, target: Tensor, l2: float, max_iter: int) -> Tensor:
    """Return (K, C) weights for x (N, hw, C) and targets (N, K, hw)."""
    goal = target.transpose(1, 2)  # (N, hw, K)
    count = goal.sum().clamp(min=1)
    weight = x.new_zeros(goal.shape[2], x.shape[2]).requires_grad_()

    def loss() -> Tensor:
        logs = F.log_softmax(x @ weight.T, 1)
        return -(logs * goal).sum() / count + 0.5 * l2 * weight.pow(2).sum()

    return minimised(weight, loss, max_iter)


def _fit_offset(
    x: Tensor, cells: Tensor, known: Tensor, width: int, l2: float
) -> Tensor:
    """Return (K, 2, C + 1) weights and biases of the ways to keypoints."""
    centres = _centres(x.shape[1] // width, width, x.device)
    found = []
    for k in range(cells.shape[1]):
        way = cells[:, k, None] - centres  # (N, hw, 2)
        near = (way.abs() <= _NEAR).all(2) & known[:, k, None]
        found.append(_ridge(x[near], way[near], l2))
    return torch.stack(found)


def _centres(h: int, w: int, device: torch.device) -> Tensor:
    """Return (h * w, 2) how far across and down each cell is."""
    cell = torch.arange(h * w, device=device)
    return torch.stack([cell % w, cell.div(w, rounding_mode='floor')], 1)


def _ridge(rows: Tensor, goal: Tensor, l2: float) -> Tensor:
    """Return (2, C + 1) for rows (M, C) and goals (M, 2), in float64."""
    channels = rows.shape[1]
    if not len(rows):
        return rows.new_zeros(2, channels + 1)
    rows64, goal64 = rows.double(), goal.double()
    middle, bias = rows64.mean(0), goal64.mean(0)
    rows64, goal64 = rows64 - middle, goal64 - bias
    eye = torch.eye(channels, dtype=torch.float64, device=rows.device)
    gram = rows64.T @ rows64 / len(rows) + l2 * eye
    weight = torch.linalg.solve(gram, rows64.T @ goal64 / len(rows)).T
    bias = bias - weight @ middle
    return torch.cat([weight, bias[:, None]], 1).to(rows.dtype)


def _check(maps: Tensor, places: Tensor, known: Tensor, l2: float) -> None:
    fits = maps.dim() == 4 and places.dim() == 3 and places.shape[2] == 2
    if not fits or len(maps) != len(places) or known.shape != places.shape[:2]:
        raise ValueError(
            'maps must be (N, C, h, w), places (N, K, 2) and labelled (N, K), '
            f'got {tuple(maps.shape)}, {tuple(places.shape)} and '
            f'{tuple(known.shape)}'
        )
    if not known.any():
        raise ValueError('no keypoint is labelled inside its image')
    if not l2 > 0:
        raise ValueError(f'l2 must be > 0, got {l2}')
    if not maps.isfinite().all():
        raise ValueError(
            'the maps hold nan or inf: the backbone overflows on these images'
        )
