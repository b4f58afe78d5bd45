"""Network from the features of a box to one heatmap for each keypoint."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional as F

from mmssl.registry import MODELS


@MODELS.register_module()
class KeypointHead(BaseModule):
    """Convolutions, one transposed convolution, bilinear upsampling.

    num_convs x (conv 3x3, ReLU), deconv 4x4 of stride 2, bilinear x 2: with
    14x14 features of a box, heatmaps of 56x56.

    Source: He et al. 2017 (Mask R-CNN) sec. 5 and its published code: 8
    convolutions of 512 channels, initial weights of Kaiming (fan out).
    Deviates: none.

    Args:
        in_channels: Of the features. Defaults to 256, a pyramid's.
        num_keypoints: Defaults to 17, COCO's.
        num_convs: Defaults to 8.
        conv_channels: Defaults to 512.
        upscale: Of the bilinear upsampling. Defaults to 2.
        init_cfg: As in mmengine.

    Raises:
        ValueError: A number that is not positive.

    Example:
        >>> head = KeypointHead(in_channels=8, num_convs=1, conv_channels=4)
        >>> head(torch.zeros(3, 8, 14, 14)).shape
        torch.Size([3, 17, 56, 56])
    """

    def __init__(
        self,
        in_channels: int = 256,
        num_keypoints: int = 17,
        num_convs: int = 8,
        conv_channels: int = 512,
        upscale: int = 2,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        given = dict(
            in_channels=in_channels,
            num_keypoints=num_keypoints,
            num_convs=num_convs,
            conv_channels=conv_channels,
            upscale=upscale,
        )
        for name, number in given.items():
            if number < 1:
                raise ValueError(f'{name} must be at least 1, got {number}')
        self.num_keypoints = num_keypoints
        self.upscale = upscale
        widths = [in_channels] + [conv_channels] * num_convs
        self.convs = nn.ModuleList(
            nn.Conv2d(width, conv_channels, 3, padding=1)
            for width in widths[:-1]
        )
        self.deconv = nn.ConvTranspose2d(
            conv_channels, num_keypoints, 4, stride=2, padding=1
        )

    def init_weights(self) -> None:
        """Draw weights of Kaiming's normal distribution, biases 0."""
        for layer in (*self.convs, self.deconv):
            nn.init.kaiming_normal_(
                layer.weight, mode='fan_out', nonlinearity='relu'
            )
            nn.init.zeros_(layer.bias)
        super().init_weights()

    def forward(self, x: Tensor) -> Tensor:
        """Return logits.

        Args:
            x: (N, C, h, w) features of N boxes, N may be 0.

        Returns:
            (N, K, 2 * upscale * h, 2 * upscale * w).
        """
        for conv in self.convs:
            x = torch.relu(conv(x))
        x = self.deconv(x)
        return F.interpolate(
            x, scale_factor=self.upscale, mode='bilinear', align_corners=False
        )
