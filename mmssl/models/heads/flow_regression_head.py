"""Head that regresses flow."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from mmssl.models.heads.flow_head import FlowHead
from mmssl.registry import MODELS


@MODELS.register_module()
class FlowRegressionHead(FlowHead):
    """Flow itself: two channels in px, SmoothL1 or squared error.

    Source: Zhan et al. 2019 (CMP), ``models/cmp.py``, criteria 'L1', 'L2'.
    Deviates: none.

    Args:
        in_channels: channels of the decoder's map.
        loss: config of the loss, or the loss. Defaults to
            ``dict(type='mmssl.FlowSmoothL1Loss')``.
        init_cfg: mmengine's initialisation. Defaults to a small normal.
    """

    def __init__(
        self,
        in_channels: int,
        loss: dict[str, Any] | nn.Module | None = None,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            2,
            loss or {'type': 'mmssl.FlowSmoothL1Loss'},
            init_cfg,
        )

    def encode(self, flow: Tensor) -> Tensor:
        """Flow is its own target."""
        return flow

    def decode(self, logits: Tensor) -> Tensor:
        """Return the flow, (N, 2, h, w) in px, at least float32."""
        return logits if logits.element_size() >= 4 else logits.float()
