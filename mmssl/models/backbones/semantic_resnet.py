"""ResNet whose features follow lambda, from appearance to semantics."""

from __future__ import annotations

from typing import Any

from mmpretrain.models import ResNet
from torch import Tensor

from mmssl.models.backbones.semantic_control import SemanticControl
from mmssl.registry import MODELS


@MODELS.register_module()
class SemanticResNet(SemanticControl, ResNet):
    """mmpretrain's ResNet with the semantic controller after each layer.

    What goes from ``layer1`` to ``layer2`` and so on is scaled and shifted,
    channel by channel; a scaled map may be negative. With
    ``semantic_weight=-1`` it is mmpretrain's ResNet.

    Source: the controller of Chen et al. 2023 (SOLIDER).
    Deviates: published for Swin alone.

    Args:
        *args: Those of :class:`mmpretrain.models.ResNet`, depth first.
        semantic_weight: Default lambda in [0, 1]; below 0 the network is a
            plain ResNet. Defaults to 0.0.
        **kwargs: Those of :class:`mmpretrain.models.ResNet`.

    Raises:
        ValueError: Lambda above 1.

    Example:
        >>> import torch
        >>> net = SemanticResNet(18, base_channels=8, stem_channels=8)
        >>> net(torch.zeros(2, 3, 64, 32), torch.tensor([0.0, 1.0]))[0].shape
        torch.Size([2, 64, 2, 1])
    """

    def __init__(
        self, *args: Any, semantic_weight: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        layers: list[Any] = [getattr(self, name) for name in self.res_layers]
        channels = [layer[-1].out_channels for layer in layers]
        self._add_semantic_control(semantic_weight, channels)

    def forward(
        self, x: Tensor, semantic_weight: float | Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Return the maps of ``out_indices``, finest first.

        Args:
            x: (N, 3, H, W).
            semantic_weight: Lambda of all, or (N,) of each image; None: the
                default.

        Returns:
            Each (N, C_i, h_i, w_i), before the scaling.
        """
        weights = self._lambda_of(x, semantic_weight)
        if self.deep_stem:
            x = self.stem(x)
        else:
            x = self.relu(self.norm1(self.conv1(x)))
        x = self.maxpool(x)
        outs = []
        last = len(self.res_layers) - 1
        for i, name in enumerate(self.res_layers):
            x = getattr(self, name)(x)
            if i in self.out_indices:
                outs.append(x)
            if i < last:
                x = self._controlled(x, i, weights, dim=1)
        return tuple(outs)
