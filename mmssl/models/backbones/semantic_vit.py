"""ViT whose features follow lambda, from appearance to semantics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmpretrain.models import VisionTransformer
from mmpretrain.models.utils import resize_pos_embed
from torch import Tensor

from mmssl.models.backbones.semantic_control import SemanticControl
from mmssl.registry import MODELS


@MODELS.register_module()
class SemanticVisionTransformer(SemanticControl, VisionTransformer):
    """mmpretrain's ViT with the semantic controller between its quarters.

    A ViT has no stages; its layers are cut into ``semantic_stages`` runs of
    (nearly) equal length, and all tokens, the class token too, are scaled and
    shifted between them. With ``semantic_weight=-1`` it is mmpretrain's ViT.

    Source: the controller of Chen et al. 2023 (SOLIDER).
    Deviates: published for Swin alone (the ViTs there do not run).

    Args:
        *args: Those of :class:`mmpretrain.models.VisionTransformer`.
        semantic_weight: Default lambda in [0, 1]; below 0 the network is a
            plain ViT. Defaults to 0.0.
        semantic_stages: Number of runs of layers. Defaults to 4.
        **kwargs: Those of :class:`mmpretrain.models.VisionTransformer`.

    Raises:
        ValueError: Lambda above 1, or more stages than layers.

    Example:
        >>> arch = dict(embed_dims=16, num_layers=4, num_heads=2)
        >>> arch['feedforward_channels'] = 32
        >>> net = SemanticVisionTransformer(arch, img_size=(64, 32))
        >>> net(torch.zeros(2, 3, 64, 32), semantic_weight=1.0)[0].shape
        torch.Size([2, 16])
    """

    def __init__(
        self,
        *args: Any,
        semantic_weight: float = 0.0,
        semantic_stages: int = 4,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.semantic_ends = stage_ends(self.num_layers, semantic_stages)
        channels = [self.embed_dims] * semantic_stages
        self._add_semantic_control(semantic_weight, channels)

    def forward(
        self, x: Tensor, semantic_weight: float | Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Return what ``out_type`` says of the layers of ``out_indices``.

        Args:
            x: (N, 3, H, W).
            semantic_weight: Lambda of all, or (N,) of each image; None: the
                default.
        """
        weights = self._lambda_of(x, semantic_weight)
        x, hw = self.patch_embed(x)
        if self.cls_token is not None:
            x = torch.cat((self.cls_token.expand(len(x), -1, -1), x), dim=1)
        x = x + resize_pos_embed(
            self.pos_embed,
            self.patch_resolution,
            hw,
            mode=self.interpolate_mode,
            num_extra_tokens=self.num_extra_tokens,
        )
        x = self.pre_norm(self.drop_after_pos(x))
        outs = []
        last = len(self.layers) - 1
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i == last and self.final_norm:
                x = self.ln1(x)
            if i in self.out_indices:
                outs.append(self._format_output(x, hw))
            if i < last and i in self.semantic_ends:
                stage = self.semantic_ends.index(i)
                x = self._controlled(x, stage, weights, dim=-1)
        return tuple(outs)


def stage_ends(num_layers: int, num_stages: int) -> Sequence[int]:
    """Return the last layer of each run when layers are cut evenly.

    Args:
        num_layers: All layers.
        num_stages: Runs, none of them empty.

    Raises:
        ValueError: There are fewer layers than runs, or no runs.

    Example:
        >>> stage_ends(12, 4)
        (2, 5, 8, 11)
    """
    if not 1 <= num_stages <= num_layers:
        raise ValueError(
            f'semantic_stages must be between 1 and the {num_layers} layers, '
            f'got {num_stages}'
        )
    return tuple(
        num_layers * (i + 1) // num_stages - 1 for i in range(num_stages)
    )
