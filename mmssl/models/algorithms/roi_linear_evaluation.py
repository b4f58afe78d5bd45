"""A linear classifier on the boxes of a frozen backbone's maps."""

from __future__ import annotations

from typing import Any

import torch
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmssl.models.algorithms.base import Part, build_part
from mmssl.models.algorithms.frozen_evaluation import (
    FrozenEvaluation,
    set_predictions,
)
from mmssl.registry import MODELS

_FIELDS = ('gt_boxes', 'gt_label')


@MODELS.register_module()
class RoILinearEvaluation(FrozenEvaluation):
    """RoI linear evaluation: which class is in a ground-truth box.

    ``logits = head(region(backbone(images), boxes))``; only the head is
    trained. A backbone with feature pyramid: ``region=dict(
    type='FPNRegions', levels='concat')``, the levels' vectors side by side.

    While the head is trained, batch normalisation takes the statistics of
    the mini-batch, and the running ones follow; evaluation takes the running
    ones.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122, supplement B and C.
        There is no published code.
    Deviates: unknown there, and ours: ground-truth boxes as they are, 1 x 1
        RoIAlign on the last map, sizes and schedule of the configs.

    Args:
        backbone: config or module.
        region: config or module: ``RoIRegions``, or ``FPNRegions``.
        head: config or module: :class:`mmssl.probes.LinearProbe`.
        statistics: see :class:`FrozenEvaluation`; published: 'batch'.
        finetune: train backbone and region, too.
        data_preprocessor: config or module. Defaults to
            ``dict(type='mmengine.ImgDataPreprocessor')``, which pads.
        init_cfg: mmengine's initialisation. Defaults to None.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: unknown ``statistics``; the head takes another number of
            channels than the region declares.
    """

    default_preprocessor = 'mmengine.ImgDataPreprocessor'

    def __init__(
        self,
        backbone: Part,
        region: Part,
        head: Part,
        statistics: str = 'batch',
        finetune: bool = False,
        data_preprocessor: Part = None,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            head=head,
            statistics=statistics,
            finetune=finetune,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
        self.region = build_part(region, 'region')
        taken = self.head.in_channels
        _check_channels(getattr(self.region, 'out_channels', taken), taken)
        self.freeze()

    def frozen_parts(self) -> list[nn.Module]:
        """Return backbone and region."""
        return [] if self.finetune else [self.backbone, self.region]

    def features(
        self, inputs: Tensor, data_samples: list[DataSample] | None
    ) -> Tensor:
        """Return one vector for each box.

        Args:
            inputs: (N, 3, H, W) images, padded at the right and below.
            data_samples: each with ``gt_boxes`` (K, 4) x1, y1, x2, y2 px and
                ``gt_label`` (K,).

        Returns:
            (M, C) float32.

        Raises:
            ValueError: boxes or labels are missing, the stride does not fit,
                or C is not the head's.
        """
        boxes = _rows(data_samples)
        maps = self.run_backbone(inputs)
        size = (inputs.shape[-2], inputs.shape[-1])
        with torch.set_grad_enabled(self.finetune and torch.is_grad_enabled()):
            features = self.region(maps, boxes, size)
        _check_channels(features.shape[1], self.head.in_channels)
        return features

    def loss(
        self, inputs: Tensor, data_samples: list[DataSample] | None
    ) -> dict[str, Tensor]:
        """Return ``loss`` and ``top1`` of the boxes.

        Args:
            inputs: see :meth:`features`.
            data_samples: see :meth:`features`.

        Raises:
            ValueError: boxes or labels are missing, of different number, or
                labels out of range.
        """
        logits = self.tensor(inputs, data_samples)
        labels = torch.cat([s.gt_label for s in data_samples or ()])
        if len(labels) != len(logits):
            raise ValueError(
                f'{len(logits)} boxes, but {len(labels)} labels: each box '
                'needs one'
            )
        return self.logits_loss(logits, labels)

    def predict(
        self, inputs: Tensor, data_samples: list[DataSample] | None
    ) -> list[DataSample]:
        """Return the samples, each with ``pred_label`` (K,)."""
        logits = self.tensor(inputs, data_samples)
        samples = data_samples or []
        counts = [len(sample.gt_boxes) for sample in samples]
        return set_predictions(samples, logits, counts)


def _rows(samples: list[DataSample] | None) -> Tensor:
    """Return the boxes of all samples as (M, 5) rows.

    Raises:
        ValueError: boxes or labels are missing.
    """
    if not samples:
        raise ValueError('there are no data samples to take boxes from')
    for sample in samples:
        missing = [name for name in _FIELDS if name not in sample]
        if missing:
            raise ValueError(
                f'{sample.metainfo.get("img_path", "a data sample")} has no '
                f'{" and no ".join(missing)}: a RoI evaluation needs '
                'labelled boxes (CocoRegions and PackRegions)'
            )
    return torch.cat(
        [
            torch.cat(
                (sample.gt_boxes.new_full((k, 1), i), sample.gt_boxes), 1
            )
            for i, sample in enumerate(samples)
            for k in [len(sample.gt_boxes)]
        ]
    )


def _check_channels(given: int, taken: int) -> None:
    if given != taken:
        raise ValueError(
            f'the boxes have {given} channels, head.in_channels is {taken}: '
            f'set model.head.in_channels={given}'
        )
