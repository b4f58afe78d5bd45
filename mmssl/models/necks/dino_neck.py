"""Projector of DINO: an MLP, length 1, and directions of prototypes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmengine.model.weight_init import trunc_normal_
from torch import Tensor, nn

from mmssl.models.utils.pooled import pooled_feature
from mmssl.models.utils.weight_norm_linear import WeightNormLinear
from mmssl.registry import MODELS


@MODELS.register_module()
class DINONeck(BaseModule):
    """MLP, division by the length, and a weight-normalised linear layer.

    logits = g W x / (|W| |x|): with ``norm_last_layer`` cosines. Weights are
    ``mlp.{0,2,4}`` and ``last_layer.weight_g``, ``last_layer.weight_v``, as in
    published files, where this is called DINOHead.

    From the division on everything is float32 under autocast as well: the
    loss divides logits by 0.04, so that bfloat16 would leave the exponents
    an error of 0.1. The last layer costs a few per mille of a step.

    Source: Caron et al. 2021 (DINO), arXiv:2104.14294, and its published
        code.
    Deviates: float32 behind the MLP.

    Args:
        in_channels: C of the backbone's pooled feature.
        hid_channels: of the MLP's hidden layers. Defaults to 2048.
        bottleneck_channels: that the prototypes have. Defaults to 256.
        num_prototypes: Q, outputs. Defaults to 65536.
        num_layers: linear layers of the MLP. Defaults to 3.
        norm_last_layer: all prototypes keep length 1 (g is 1 and frozen).
            False lets g be learned. Defaults to True.
        use_bn: batch norms after the hidden layers. Defaults to False.
        init_cfg: mmengine's initialisation. Defaults to None.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(
        self,
        in_channels: int,
        hid_channels: int = 2048,
        bottleneck_channels: int = 256,
        num_prototypes: int = 65536,
        num_layers: int = 3,
        norm_last_layer: bool = True,
        use_bn: bool = False,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        check_positive(
            in_channels=in_channels,
            hid_channels=hid_channels,
            bottleneck_channels=bottleneck_channels,
            num_prototypes=num_prototypes,
            num_layers=num_layers,
        )
        self.in_channels = in_channels
        self.num_prototypes = num_prototypes
        inner = [hid_channels] * (num_layers - 1)
        self.mlp = _mlp([in_channels, *inner, bottleneck_channels], use_bn)
        _draw(self.mlp)
        self.last_layer = WeightNormLinear(
            bottleneck_channels, num_prototypes, learn_gain=not norm_last_layer
        )

    def forward(self, features: Tensor | Sequence[Tensor]) -> tuple[Tensor]:
        """Return the logits.

        Args:
            features: (R, C), or what a backbone gives out: see
                :func:`~mmssl.models.utils.pooled.pooled_feature`.

        Returns:
            One tensor (R, Q), float32 (float64 stays).

        Raises:
            ValueError: C is not ``in_channels``, or there is one row only
                for batch norms that train.
        """
        rows = pooled_feature(features)
        self._check(rows)
        hidden = self.mlp(rows)
        with torch.autocast(hidden.device.type, enabled=False):
            dtype = torch.promote_types(hidden.dtype, torch.float32)
            return (self.last_layer(F.normalize(hidden.to(dtype), dim=1)),)

    def _check(self, rows: Tensor) -> None:
        if rows.shape[1] != self.in_channels:
            raise ValueError(
                f'features have {rows.shape[1]} channels, the neck '
                f'in_channels={self.in_channels}: set in_channels='
                f'{rows.shape[1]} in the neck of the config'
            )
        if len(rows) == 1 and self.training and self.has_batch_norm:
            raise ValueError(
                'batch norms of the neck cannot train on 1 row: take 2 '
                'images at least (train_dataloader.batch_size), or set '
                'neck.use_bn=False'
            )

    @property
    def has_batch_norm(self) -> bool:
        """Whether the MLP has batch norms of one process's own rows."""
        return any(type(m) is nn.BatchNorm1d for m in self.mlp.modules())


def check_positive(**numbers: int) -> None:
    """Refuse numbers below 1, by name.

    Raises:
        ValueError: one is not positive.
    """
    for name, value in numbers.items():
        if value < 1:
            raise ValueError(f'{name} must be >= 1, got {value}')


def _mlp(sizes: list[int], use_bn: bool) -> nn.Module:
    """Return linear layers with GELU between them; a single one is bare."""
    if len(sizes) == 2:
        return nn.Linear(sizes[0], sizes[1])
    layers: list[nn.Module] = []
    for inner, outer in zip(sizes[:-2], sizes[1:-1]):
        layers.append(nn.Linear(inner, outer))
        if use_bn:
            layers.append(nn.BatchNorm1d(outer))
        layers.append(nn.GELU())
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def _draw(mlp: nn.Module) -> None:
    """Draw weights from a normal distribution of std 0.02, cut off."""
    for layer in mlp.modules():
        if isinstance(layer, nn.Linear):
            trunc_normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)
