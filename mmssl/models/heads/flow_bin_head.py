"""Head that classifies flow into bins."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from mmssl.codecs.flow_codec import FlowCodec
from mmssl.models.heads.flow_head import FlowHead
from mmssl.registry import MODELS, TASK_UTILS


@MODELS.register_module()
class FlowBinHead(FlowHead):
    """Binned flow: 2 * nbins logits, cross-entropy, soft-argmax.

    Source: Zhan et al. 2019 (CMP), the decoders' ``head``, DiscreteLoss and
        the fuser.
    Deviates: none.

    Args:
        in_channels: channels of the decoder's map.
        codec: config of the codec, or the codec. Defaults to
            ``dict(type='mmssl.FlowCodec')``: 99 linear bins, 50 px.
        loss: config of the loss, or the loss. Defaults to
            ``dict(type='mmssl.FlowBinLoss')``.
        init_cfg: mmengine's initialisation. Defaults to a small normal.
    """

    def __init__(
        self,
        in_channels: int,
        codec: dict[str, Any] | FlowCodec | None = None,
        loss: dict[str, Any] | nn.Module | None = None,
        init_cfg: Any = None,
    ) -> None:
        built: FlowCodec = (
            codec
            if isinstance(codec, FlowCodec)
            else TASK_UTILS.build(codec or {'type': 'mmssl.FlowCodec'})
        )
        super().__init__(
            in_channels,
            2 * built.nbins,
            loss or {'type': 'mmssl.FlowBinLoss'},
            init_cfg,
        )
        self.codec = built

    def encode(self, flow: Tensor) -> Tensor:
        """Flow (N, 2, H, W) in px -> bins (N, 2, H, W), int64."""
        return self.codec.encode(flow)

    def decode(self, logits: Tensor) -> Tensor:
        """Logits (N, 2 * nbins, h, w) -> flow (N, 2, h, w) in px."""
        return self.codec.decode(logits)
