"""Optical flow as classes: flow in px <-> bins, for each axis alone.

Bin k of an axis is the interval [e_k, e_(k+1)), its centre the middle of it::

    x_k = (2k - nbins) / nbins        in [-1, 1],  k = 0 .. nbins
    e_k = fmax * x_k                  linear
    e_k = fmax * sign(x_k) * x_k^2    quadratic: finer near zero
    c_k = (e_k + e_(k+1)) / 2

nbins is odd, so that the middle bin is centred on zero flow. Linear bins all
have the width 2 fmax / nbins; of the quadratic ones the middle bin is
2 fmax / nbins^2 wide, and the outermost about 4 fmax / nbins.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mmssl.registry import TASK_UTILS

SPACINGS = ('linear', 'quadratic')


def check_bins(nbins: int, fmax: float, spacing: str) -> None:
    """Refuse a set of bins that cannot code flow.

    Raises:
        TypeError: ``nbins`` is no int.
        ValueError: ``nbins`` is even or < 1, ``fmax`` is not a positive
            number, or ``spacing`` is unknown.
    """
    if isinstance(nbins, bool) or not isinstance(nbins, int):
        raise TypeError(f'nbins must be an int, got {nbins!r}')
    if nbins < 1 or nbins % 2 == 0:
        raise ValueError(
            'nbins must be odd and positive: zero flow needs a bin of its '
            f'own in the middle, got {nbins}'
        )
    if not (fmax > 0 and math.isfinite(fmax)):
        raise ValueError(
            f'fmax, in px, must be positive and finite, got {fmax}'
        )
    if spacing not in SPACINGS:
        raise ValueError(
            f'unknown spacing {spacing!r}; valid: {", ".join(SPACINGS)}'
        )


def bin_edges(nbins: int, fmax: float, spacing: str = 'linear') -> Tensor:
    """Return the edges of the bins.

    Returns:
        (nbins + 1,) float64 in px, rising from -fmax to fmax.

    Raises:
        ValueError: See :func:`check_bins`.

    Example:
        >>> bin_edges(5, 50).tolist()
        [-50.0, -30.0, -10.0, 10.0, 30.0, 50.0]
        >>> bin_edges(5, 50, 'quadratic').round().tolist()
        [-50.0, -18.0, -2.0, 2.0, 18.0, 50.0]
    """
    check_bins(nbins, fmax, spacing)
    # Whole numbers up to the division: the edges are exactly symmetric.
    x = torch.arange(-nbins, nbins + 1, 2, dtype=torch.float64) / nbins
    return fmax * (x if spacing == 'linear' else x * x.abs())


def bin_centres(nbins: int, fmax: float, spacing: str = 'linear') -> Tensor:
    """Return the middle of each bin.

    Returns:
        (nbins,) float64 in px; the middle one is exactly 0.

    Raises:
        ValueError: See :func:`check_bins`.

    Example:
        >>> bin_centres(5, 50).tolist()
        [-40.0, -20.0, 0.0, 20.0, 40.0]
    """
    edges = bin_edges(nbins, fmax, spacing)
    return (edges[:-1] + edges[1:]) / 2


def flow_to_bins(
    flow: Tensor, nbins: int, fmax: float, spacing: str = 'linear'
) -> Tensor:
    """Encode flow: the index of the bin that holds each component.

    linear: floor((t + fmax) / step), step = 2 fmax / nbins; quadratic: the
    same with sign(t) sqrt(|t| fmax) in the place of t. What lies outside
    [-fmax, fmax] goes into the outermost bins.

    Source: Zhan et al. 2019 (CMP), ``losses.py``, DiscreteLoss.
    Deviates: clamps the index, not the flow to +-(fmax - 1e-3) first; equal
        for every step above 1e-3 px, and right below it.

    Args:
        flow: any shape, px; half precision is computed in float32.
        nbins: number of bins, odd.
        fmax: largest flow that has a bin of its own, px.
        spacing: ``'linear'`` or ``'quadratic'``.

    Returns:
        int64 in 0 .. nbins - 1, the shape of ``flow``.

    Raises:
        ValueError: See :func:`check_bins`.

    Example:
        >>> flow_to_bins(torch.tensor([-80.0, -0.5, 0.0, 0.51, 80.0]), 99, 50)
        tensor([ 0, 49, 49, 50, 98])
    """
    check_bins(nbins, fmax, spacing)
    t = _at_least_float32(flow).clamp(-fmax, fmax)
    if spacing == 'quadratic':
        t = t.sign() * (t.abs() * fmax).sqrt()
    step = 2 * fmax / nbins
    return ((t + fmax) / step).floor().long().clamp(0, nbins - 1)


def logits_to_flow(
    logits: Tensor, nbins: int, fmax: float, spacing: str = 'linear'
) -> Tensor:
    """Decode logits: soft-argmax, the mean of the centres under softmax.

    flow = sum_k softmax(logits)_k c_k, for each axis.

    Source: Zhan et al. 2019 (CMP), ``utils/visualize_utils.py``, the fuser.
    Deviates: none.

    Args:
        logits: (N, 2 * nbins, ...): u's bins, then v's; computed in float32
            or float64.
        nbins: number of bins, odd.
        fmax: largest flow that has a bin of its own, px.
        spacing: ``'linear'`` or ``'quadratic'``.

    Returns:
        (N, 2, ...) flow (u, v) in px, float32 or float64.

    Raises:
        ValueError: ``logits`` has other than 2 * nbins channels, or see
            :func:`check_bins`.

    Example:
        >>> logits_to_flow(torch.zeros(1, 198, 2, 1), 99, 50).shape
        torch.Size([1, 2, 2, 1])
    """
    centres = bin_centres(nbins, fmax, spacing)
    if logits.dim() < 2 or logits.shape[1] != 2 * nbins:
        raise ValueError(
            f'logits must have 2 * nbins = {2 * nbins} channels in dim 1, '
            f'got shape {tuple(logits.shape)}'
        )
    axes = _at_least_float32(logits).unflatten(1, (2, nbins))
    p = axes.softmax(dim=2)  # (N, 2, nbins, ...)
    c = centres.to(p.dtype).to(p.device)
    return (p * c.view(-1, *[1] * (p.dim() - 3))).sum(dim=2)


def _at_least_float32(x: Tensor) -> Tensor:
    """Return ``x`` as float64 if it is that, else as float32."""
    return x if x.dtype == torch.float64 else x.float()


@TASK_UTILS.register_module()
class FlowCodec:
    """Flow in px <-> bins of each axis; a stateless shell of the functions.

    Args:
        nbins: number of bins of an axis, odd. Defaults to 99.
        fmax: largest flow that has a bin of its own, px. Defaults to 50.
        spacing: ``'linear'`` or ``'quadratic'`` (finer near zero).
            Defaults to ``'linear'``.

    Raises:
        TypeError: ``nbins`` is no int.
        ValueError: ``nbins`` is even or < 1, ``fmax`` is not positive, or
            ``spacing`` is unknown.

    Example:
        >>> codec = FlowCodec(nbins=99, fmax=50)
        >>> codec.zero_bin, codec.encode(torch.zeros(1))
        (49, tensor([49]))
    """

    def __init__(
        self, nbins: int = 99, fmax: float = 50.0, spacing: str = 'linear'
    ) -> None:
        check_bins(nbins, fmax, spacing)
        self.nbins = nbins
        self.fmax = float(fmax)
        self.spacing = spacing

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(nbins={self.nbins}, fmax={self.fmax}, '
            f'spacing={self.spacing!r})'
        )

    @property
    def zero_bin(self) -> int:
        """Index of the bin that is centred on zero flow."""
        return self.nbins // 2

    def encode(self, flow: Tensor) -> Tensor:
        """Flow in px, any shape -> bins, int64: :func:`flow_to_bins`."""
        return flow_to_bins(flow, self.nbins, self.fmax, self.spacing)

    def decode(self, logits: Tensor) -> Tensor:
        """Logits (N, 2 nbins, ...) -> flow: :func:`logits_to_flow`."""
        return logits_to_flow(logits, self.nbins, self.fmax, self.spacing)

    def lookup(self, bins: Tensor) -> Tensor:
        """Bins, int64, any shape -> their centres in px, float32."""
        centres = bin_centres(self.nbins, self.fmax, self.spacing)
        return centres.float().to(bins.device)[bins]
