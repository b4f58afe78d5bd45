"""From what a backbone gives out to one vector and one map per image."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from torch import Tensor, nn

from mmssl.probes.pooling import pool_outputs

# Kinds of output that vision transformers of mmpretrain make of one tensor.
_OF_TOKENS = ('avg_featmap', 'cls_token', 'featmap')


class Outputs(NamedTuple):
    """Features of images of one size.

    Attributes:
        pooled: (N, C) float32.
        dense: (N, C, h, w) float32; None: the backbone gives no map.
    """

    pooled: Tensor
    dense: Tensor | None


class OutputReader:
    """Reads pooled features and maps out of a backbone's outputs.

    * maps (N, C, h, w): their mean, and the maps;
    * a vision transformer: what its ``out_type`` says (the class token, or
      the mean of the patches), and its patch tokens as a map. It is set to
      give all of its tokens at once;
    * vectors (N, C), and tokens (N, L, C) of unknown places: no map.

    Args:
        backbone: Its ``out_type``, if it has one, is changed.
        stage: Which of its outputs; -1: the last.

    Example:
        >>> import torch
        >>> reader = OutputReader(nn.Identity())
        >>> found = reader((torch.ones(2, 5, 3, 4),), (96, 128))
        >>> found.pooled.shape, found.dense.shape
        (torch.Size([2, 5]), torch.Size([2, 5, 3, 4]))
    """

    def __init__(self, backbone: nn.Module, stage: int = -1) -> None:
        self.stage = stage
        self.backbone = backbone
        self.kind = getattr(backbone, 'out_type', None)
        if self.kind in _OF_TOKENS:
            backbone.out_type = 'raw'  # type: ignore[assignment]

    def __call__(self, outputs: Any, image_hw: tuple[int, int]) -> Outputs:
        """Read the outputs for images of one size.

        Args:
            outputs: What the backbone returned.
            image_hw: Height and width of its input, px.

        Raises:
            ValueError: No such stage, or tokens that fill no map.
        """
        pooled = pool_outputs(outputs, self.stage)
        last = outputs
        if isinstance(outputs, (tuple, list)):
            last = outputs[self.stage]
        if last.dim() == 4:
            return Outputs(pooled, last.float())
        if self.kind not in (*_OF_TOKENS, 'raw') or last.dim() != 3:
            return Outputs(pooled, None)
        return self._of_tokens(last.float(), image_hw)

    def _of_tokens(self, tokens: Tensor, image_hw: tuple[int, int]) -> Outputs:
        """Read (N, L, C) tokens of a vision transformer."""
        extra = int(getattr(self.backbone, 'num_extra_tokens', 1))
        patches = tokens[:, extra:]
        if self.kind in ('cls_token', 'raw') and extra:
            pooled = tokens[:, 0]
        else:
            pooled = patches.mean(1)
        if self.kind == 'avg_featmap':
            pooled = self.backbone.ln2(pooled)  # type: ignore[operator]
        h, w = _grid(self.backbone, image_hw, patches.shape[1])
        dense = patches.transpose(1, 2).unflatten(2, (h, w))
        return Outputs(pooled, dense)


def _grid(
    backbone: nn.Module, image_hw: tuple[int, int], number: int
) -> tuple[int, int]:
    """Return rows and columns of a vision transformer's patches."""
    step: Any = backbone.patch_embed.projection.stride  # type: ignore
    for rounded in (math.floor, math.ceil):
        h, w = (rounded(side / s) for side, s in zip(image_hw, step))
        if h * w == number:
            return h, w
    raise ValueError(
        f'{number} tokens of {type(backbone).__name__} fill no map of an '
        f'image of {image_hw[0]} x {image_hw[1]} px in steps of {step} px'
    )
