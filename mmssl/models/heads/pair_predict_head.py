"""Predict the teacher's projection of the same region in another view."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.registry import MODELS
from mmssl.utils.stages import stage


@MODELS.register_module()
class PairPredictHead(BaseModule):
    """A predictor, and a loss between what it says and the teacher.

    ``loss`` gets the rows of both directions in one: first those of the pairs'
    first sides, whose targets are the second sides, then the other way round.
    L = mean over pairs of l(q1, z2') + l(q2, z1'), the sum of the directions,
    so twice the mean over rows.

    Source: Grill et al. 2020 (BYOL), eq. 2; Roh et al. 2021 (SCRL).
    Deviates: none.

    Args:
        predictor: config or module, usually ``NonLinearNeck`` without
            average pooling: tuple of one (P, C) -> tuple of one (P, C).
        loss: config or module, usually :class:`NormalizedL2Loss`: mean over
            the rows of two (P, C).
        init_cfg: mmengine's initialisation. Defaults to None.
    """

    def __init__(
        self,
        predictor: dict[str, Any] | nn.Module,
        loss: dict[str, Any] | nn.Module,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        self.predictor = _built(predictor)
        self.loss_module = _built(loss)

    def forward(self, online: Tensor) -> Tensor:
        """Projections (P, C) -> predictions (P, C)."""
        return self.predictor((online,))[0]

    def loss(
        self, online: Tensor, target: Tensor, images: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return ``loss_pair``.

        Args:
            online: (P, C) projections of the online network, P = 2 x pairs.
            target: (P, C) projections of the teacher; row i is that of the
                other side of row i's pair.
            images: (P,) int64, the rows' images in this process's batch. Not
                used here, but by heads with negatives.
        """
        predicted = self(online)
        with stage('pair loss'):
            return {'loss_pair': 2 * self.loss_module(predicted, target)}


def _built(part: dict[str, Any] | nn.Module) -> nn.Module:
    return part if isinstance(part, nn.Module) else MODELS.build(part)
