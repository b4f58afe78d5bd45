"""Tell a region from all others: SCRL with negatives."""

from __future__ import annotations

from typing import Any, Literal

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.registry import MODELS
from mmssl.utils.stages import stage

Keys = Literal['online', 'teacher']
KEYS = ('online', 'teacher')


@MODELS.register_module()
class RoIContrastHead(BaseModule):
    """Contrast regions with those of the other view and of other images.

    Takes the place of :class:`PairPredictHead`.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122, appendix I ("based on
        SimCLR"; nothing more is told); Chen et al. 2020 (SimCLR).
    Deviates: settings the appendix leaves open are ours.

    Args:
        predictor: config or module as in :class:`PairPredictHead`; None:
            none. With ``keys_from='online'`` it acts on both sides, so that
            it is a deeper projector, as there is nothing to predict.
        keys_from: ``'teacher'``: anchors are compared with the teacher's
            projections, which get no gradient; ``'online'``: with those of
            the online network, with gradients, as in SimCLR: the teacher is
            not used.
        loss: config or module. Defaults to
            ``dict(type='mmssl.RoIContrastLoss')``.
        init_cfg: mmengine's initialisation. Defaults to None.

    Raises:
        ValueError: unknown ``keys_from``.
    """

    def __init__(
        self,
        predictor: dict[str, Any] | nn.Module | None = None,
        keys_from: Keys = 'teacher',
        loss: dict[str, Any] | nn.Module | None = None,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        if keys_from not in KEYS:
            raise ValueError(
                f'unknown keys_from {keys_from!r}; valid: {", ".join(KEYS)}'
            )
        self.predictor = None if predictor is None else _built(predictor)
        self.keys_from = keys_from
        self.loss_module = _built(loss or {'type': 'mmssl.RoIContrastLoss'})

    @property
    def uses_teacher(self) -> bool:
        """Whether the teacher's projections play a part."""
        return self.keys_from == 'teacher'

    def forward(self, online: Tensor) -> Tensor:
        """Projections (P, C) -> what is compared (P, C)."""
        return (
            online if self.predictor is None else self.predictor((online,))[0]
        )

    def loss(
        self,
        online: Tensor,
        target: Tensor | None = None,
        images: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return ``loss_contrast``.

        Args:
            online: (P, C) projections of the online network, P = 2 x pairs:
                the pairs' first sides, then their other sides.
            target: (P, C) projections of the teacher; row i is that of the
                other side of row i's pair. Not used with
                ``keys_from='online'``.
            images: (P,) int64, the rows' images in this process's batch.

        Raises:
            ValueError: the teacher's projections are wanted and missing, or
                see :class:`RoIContrastLoss`.
        """
        anchors = self(online)
        with stage('contrast'):
            keys = anchors if self.keys_from == 'online' else _own(target)
            return {'loss_contrast': self.loss_module(anchors, keys, images)}


def _own(target: Tensor | None) -> Tensor:
    """Put the teacher's rows into the order of the anchors."""
    if target is None:
        raise ValueError(
            "keys_from='teacher' needs the teacher's projections, got None"
        )
    target = target.detach()
    return target.roll(len(target) // 2, 0) if len(target) else target


def _built(part: dict[str, Any] | nn.Module) -> nn.Module:
    return part if isinstance(part, nn.Module) else MODELS.build(part)
