"""What the two heads of CMP share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.models.utils.resize import resize_bilinear
from mmssl.registry import MODELS
from mmssl.utils.stages import stage


class FlowHead(BaseModule):
    """1x1 convolution to logits, a loss on them, and their decoding.

    Args:
        in_channels: channels of the decoder's map.
        out_channels: channels of the logits.
        loss: config of the loss, or the loss.
        init_cfg: mmengine's initialisation. Defaults to a small normal.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        loss: dict[str, Any] | nn.Module,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(
            init_cfg or {'type': 'Normal', 'layer': 'Conv2d', 'std': 0.01}
        )
        self.in_channels = in_channels
        self.conv = nn.Conv2d(in_channels, out_channels, 1)
        self.loss_module = (
            loss if isinstance(loss, nn.Module) else MODELS.build(loss)
        )

    @abstractmethod
    def encode(self, flow: Tensor) -> Tensor:
        """Flow (N, 2, H, W) in px -> the loss's target."""

    @abstractmethod
    def decode(self, logits: Tensor) -> Tensor:
        """Logits (N, C, h, w) -> flow (N, 2, h, w) in px, float32."""

    def forward(self, x: Tensor) -> Tensor:
        """Decoder's map (N, in_channels, h, w) -> logits (N, C, h, w)."""
        return self.conv(x)

    def loss(self, logits: Tensor, gt_flow: Tensor) -> dict[str, Tensor]:
        """Return ``loss_flow`` of the batch.

        Args:
            logits: (N, C, h, w).
            gt_flow: (N, 2, H, W), px.
        """
        with stage('targets'):
            target = self.encode(gt_flow)
        return {'loss_flow': self.loss_module(logits, target)}

    def sample_losses(self, logits: Tensor, gt_flow: Tensor) -> Tensor:
        """Return the (N,) losses of the samples, each as if alone."""
        target = self.encode(gt_flow)
        return self.loss_module(logits, target, reduction='none')

    def predict(self, logits: Tensor, size: Sequence[int]) -> Tensor:
        """Decode at the network's resolution, then enlarge.

        The values already are px of the full image and are not rescaled.

        Args:
            logits: (N, C, h, w).
            size: (H, W) of the image.

        Returns:
            (N, 2, H, W) flow in px, float32.
        """
        return resize_bilinear(self.decode(logits), size)
