"""A linear layer whose weights have a direction and a length."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WeightNormLinear(nn.Module):
    """y = x W^T, W = g v / |v| for each row; no bias.

    The weights are ``weight_g`` (Q, 1) and ``weight_v`` (Q, C), the names of
    ``torch.nn.utils.weight_norm``. That one keeps the product in an attribute
    that copies of the module share with the graph of the original (deepcopy
    fails after a forward pass), and the newer parametrisation has other
    names. Here the product is made in the forward pass and kept nowhere.

    Source: Salimans & Kingma 2016, arXiv:1602.07868.
    Deviates: a row of zeros stays zeros, where torch's is nan.

    Args:
        in_channels: C.
        out_channels: Q.
        learn_gain: whether g is learned; it starts as 1.

    Example:
        >>> layer = WeightNormLinear(2, 3)
        >>> list(layer.state_dict())
        ['weight_g', 'weight_v']
        >>> layer(torch.zeros(4, 2)).shape
        torch.Size([4, 3])
    """

    def __init__(
        self, in_channels: int, out_channels: int, learn_gain: bool = True
    ) -> None:
        super().__init__()
        self.weight_g = nn.Parameter(
            torch.empty(out_channels, 1), requires_grad=learn_gain
        )
        self.weight_v = nn.Parameter(torch.empty(out_channels, in_channels))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Draw directions as ``nn.Linear`` draws weights; lengths are 1."""
        nn.init.kaiming_uniform_(self.weight_v, a=math.sqrt(5))
        nn.init.ones_(self.weight_g)

    def forward(self, rows: Tensor) -> Tensor:
        """(R, C) -> (R, Q)."""
        length = torch.linalg.vector_norm(self.weight_v, dim=1, keepdim=True)
        tiny = torch.finfo(length.dtype).tiny
        weight = self.weight_v * (self.weight_g / length.clamp(min=tiny))
        return F.linear(rows, weight)

    def extra_repr(self) -> str:
        """Return sizes, for printing."""
        rows, columns = self.weight_v.shape
        return f'in_channels={columns}, out_channels={rows}'
