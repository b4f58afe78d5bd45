"""A linear classifier on the cells of a frozen backbone's maps."""

from __future__ import annotations

from typing import Any

import torch
from mmpretrain.structures import DataSample
from torch import Tensor
from torch.nn import functional as F

from mmssl.models.algorithms.base import Part
from mmssl.models.algorithms.frozen_evaluation import FrozenEvaluation
from mmssl.probes.cell_labels import cell_shares
from mmssl.probes.dense_features import (
    Stages,
    cell_rows,
    joined_maps,
    map_outputs,
    rows_map,
)
from mmssl.probes.features import one_view
from mmssl.probes.mask_samples import check_masks, sample_masks
from mmssl.probes.segmentation_scores import predicted_mask
from mmssl.registry import MODELS
from mmssl.utils.semantic_weight import semantic_weight_of


@MODELS.register_module()
class DenseLinearEvaluation(FrozenEvaluation):
    """Linear segmentation: ``logits = head(cell of backbone(image))``.

    A cell's target are the shares of the classes among its labelled pixels;
    its cross-entropy counts by the share of pixels that are labelled. A
    prediction is made at the size of the mask: logits of the cells are
    brought there bilinearly, then the best class is taken.

    Args:
        backbone: config or module; its weights by ``init_cfg=dict(
            type='Pretrained', checkpoint=..., prefix='backbone.')``.
        head: config or module: :class:`mmssl.probes.LinearProbe`.
        stages: which of the backbone's outputs, see
            :func:`~mmssl.probes.dense_features.joined_maps`.
        semantic_weight: lambda of a semantic backbone; None: its own.
        statistics: see :class:`FrozenEvaluation`.
        finetune: train the backbone, too.
        data_preprocessor: config or module. Defaults to
            ``dict(type='mmssl.ViewsDataPreprocessor')``.
        init_cfg: mmengine's initialisation. Defaults to None.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: unknown ``statistics``.
    """

    default_preprocessor = 'mmssl.ViewsDataPreprocessor'

    def __init__(
        self,
        backbone: Part,
        head: Part,
        stages: Stages = -1,
        semantic_weight: float | None = None,
        statistics: str = 'running',
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
        self.stages = stages
        self.semantic_weight = semantic_weight
        self.freeze()

    def maps(self, inputs: Any) -> Tensor:
        """Return the maps that the classifier looks at.

        Args:
            inputs: (N, 3, H, W) images, or a list of one such tensor.

        Returns:
            (N, C, h, w) float32.

        Raises:
            ValueError: several views, or the backbone gives out no maps.
        """
        images = one_view(inputs)
        with (
            semantic_weight_of(self.backbone, self.semantic_weight),
            map_outputs(self.backbone),
        ):
            return joined_maps(self.run_backbone(images), self.stages)

    def features(
        self, inputs: Any, data_samples: list[DataSample] | None = None
    ) -> Tensor:
        """Return a row for each cell, (N * h * w, C)."""
        return cell_rows(self.maps(inputs))

    def loss(
        self, inputs: Any, data_samples: list[DataSample] | None
    ) -> dict[str, Tensor]:
        """Return ``loss`` and ``top1``, of the cells' largest classes.

        Args:
            inputs: see :meth:`maps`.
            data_samples: each with ``gt_mask`` (H, W).

        Raises:
            ValueError: masks are missing or hold what is no class.
        """
        maps = self.maps(inputs)
        masks = sample_masks(data_samples, len(maps))
        number = self.head.num_classes
        check_masks(masks, number)
        hw = (maps.shape[2], maps.shape[3])
        pairs = [cell_shares(mask, hw, number) for mask in masks]
        shares, known = (
            torch.cat(part).to(maps.device) for part in zip(*pairs)
        )
        logits = self.head(cell_rows(maps))
        losses = F.cross_entropy(logits, shares, reduction='none')
        total = known.sum().clamp(min=1e-6)
        right = logits.detach().argmax(1) == shares.argmax(1)
        return dict(
            loss=(losses * known).sum() / total,
            top1=100 * (right * known).sum() / total,
        )

    def predict(
        self, inputs: Any, data_samples: list[DataSample] | None
    ) -> list[DataSample]:
        """Return the samples, each with ``pred_mask`` (H, W) int64."""
        maps = self.maps(inputs)
        masks = sample_masks(data_samples, len(maps))
        hw = (maps.shape[2], maps.shape[3])
        scores = rows_map(self.head(cell_rows(maps)), hw)
        samples = list(data_samples or ())
        for sample, one, mask in zip(samples, scores, masks):
            size = (mask.shape[0], mask.shape[1])
            sample.pred_mask = predicted_mask(one, size).cpu()
        return samples
