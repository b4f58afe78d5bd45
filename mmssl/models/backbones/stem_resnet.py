"""mmpretrain's ResNet, with the stem's map among the outputs."""

from __future__ import annotations

from typing import Any

from mmpretrain.models import ResNet
from torch import Tensor

from mmssl.registry import MODELS


@MODELS.register_module()
class StemResNet(ResNet):
    """ResNet that gives out its stem (1/2, before the max-pool) first.

    CMP's ResNet-50 has stride 8: ``strides=(1, 2, 1, 1)``,
    ``dilations=(1, 1, 2, 4)``; its skip decoder takes the stem (64 channels,
    1/2) and layer1 (256, 1/4): ``out_indices=(0, 3)`` here. Keys are those
    of mmpretrain's ResNet, and so torchvision's.

    Source: Zhan et al. 2019 (CMP), ``models/backbone/resnet.py``.
    Deviates: the closing 1x1 ``conv5`` is CMP's neck; the image itself, which
        the published skip decoder is given and never uses, is not among
        the outputs; ResNet-18 and -34, broken there, work.

    Args:
        *args: those of :class:`mmpretrain.models.ResNet`.
        out_stem: give out the stem's map. Defaults to True.
        **kwargs: those of :class:`mmpretrain.models.ResNet`.

    Example:
        >>> import torch
        >>> net = StemResNet(18, out_indices=(0, 3))
        >>> [tuple(x.shape[1:]) for x in net(torch.zeros(2, 3, 32, 32))]
        [(64, 16, 16), (64, 8, 8), (512, 1, 1)]
    """

    def __init__(
        self, *args: Any, out_stem: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.out_stem = out_stem

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the stem's map, if asked for, then those of out_indices.

        Args:
            x: (N, 3, H, W).
        """
        if self.deep_stem:
            stem = self.stem(x)
        else:
            stem = self.relu(self.norm1(self.conv1(x)))
        outs = [stem] if self.out_stem else []
        x = self.maxpool(stem)
        for i, name in enumerate(self.res_layers):
            x = getattr(self, name)(x)
            if i in self.out_indices:
                outs.append(x)
        return tuple(outs)
