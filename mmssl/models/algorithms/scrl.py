"""Spatially Consistent Representation Learning, and BYOL."""

from __future__ import annotations

from typing import Any, Literal

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from mmssl.models.algorithms.base import Part
from mmssl.models.algorithms.teacher_student import TeacherStudent
from mmssl.models.utils.region_plan import (
    RegionPlan,
    plan_boxes,
    plan_images,
)
from mmssl.registry import MODELS
from mmssl.utils.stages import stage


@MODELS.register_module()
class SCRL(TeacherStudent):
    """The same region of an image looks the same in every view.

    A student predicts, from its features of a region in one view, the
    teacher's features of that region in another view:
    L = mean over pairs of l(q1, z2') + l(q2, z1'), l = 2 - 2 cos. With
    :class:`~mmssl.models.regions.GlobalRegions` the region is the whole view,
    and the method is BYOL.

    Every network sees all views of one size in one batch, view after view,
    so that batch statistics are those of all views. Several processes each
    take the mean over their own pairs. A batch without pairs has loss 0 and
    gradients of 0.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122; Grill et al. 2020
        (BYOL), arXiv:2006.07733; the published code of SCRL.
    Deviates: more than two views, views of several sizes and batches without
        a pair, which the published code has not; the teacher starts as a
        copy unless ``teacher_init='independent'``, as published.

    Args:
        backbone: config or module.
        neck: the projector: usually ``NonLinearNeck`` without average
            pooling.
        head: usually :class:`PairPredictHead`.
        region: what is compared: :class:`RoIRegions`, :class:`FPNRegions` or
            :class:`GlobalRegions`.
        teacher_init: ``'copy'`` or ``'independent'``.
        **kwargs: of :class:`TeacherStudent` and :class:`BaseAlgorithm`.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: see :class:`TeacherStudent`.
    """

    default_preprocessor = 'mmssl.ViewsDataPreprocessor'
    head: Any

    def __init__(
        self,
        backbone: Part,
        neck: Part,
        head: Part,
        region: Part,
        teacher_init: Literal['copy', 'independent'] = 'copy',
        **kwargs: Any,
    ) -> None:
        super().__init__(
            backbone,
            neck,
            head,
            teacher_init=teacher_init,
            more_parts={'region': region},
            **kwargs,
        )

    def loss(
        self, inputs: list[Tensor], data_samples: list[DataSample] | None
    ) -> dict[str, Tensor]:
        """Return the head's losses, and ``pairs``: pairs of an image.

        Args:
            inputs: V views, each (N, 3, h, w), normalised.
            data_samples: for each image ``boxes`` (M, 2, 4), px, and
                ``box_views`` (M, 2), unless regions are whole images.

        Raises:
            ValueError: fewer than two views, or boxes are missing.
        """
        with stage('boxes'):
            plan = self._plan(inputs, data_samples)
            there, back = plan.sides.flatten(), plan.sides.flip(0).flatten()
            images = plan.images.repeat(2)
        batches = [
            torch.cat([inputs[view] for view in group.views])
            for group in plan.groups
        ]
        target = None
        # First, while the student's activations are not there yet.
        if getattr(self.head, 'uses_teacher', True):
            with torch.no_grad():
                target = self.project(self.teacher, batches, plan)[back]
        online = self.project(self, batches, plan)[there]
        losses = self.head.loss(online, target, images)
        pairs = len(plan.images) / len(inputs[0])
        return {**losses, 'pairs': torch.full((), pairs, device=online.device)}

    def project(
        self, network: Any, batches: list[Tensor], plan: RegionPlan
    ) -> Tensor:
        """Return the projections (R, C) of a plan's regions.

        Args:
            network: ``self`` or ``self.teacher``.
            batches: of each group of the plan its views, one after another,
                (V' * N, 3, h, w).
            plan: what to compute.
        """
        # A region without parameters is the same for both.
        region: Any = getattr(network, 'region', self.region)
        features = [
            region(network.backbone(batch), group.boxes, batch.shape[-2:])
            for batch, group in zip(batches, plan.groups)
        ]
        rows = torch.cat(features) if len(features) > 1 else features[0]
        if plan.order is not None:
            rows = rows[plan.order]
        return network.neck((rows,))[0]

    def _plan(
        self, inputs: list[Tensor], data_samples: list[DataSample] | None
    ) -> RegionPlan:
        """Say what is compared.

        Raises:
            ValueError: see :meth:`loss`.
        """
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            got = len(inputs) if isinstance(inputs, (list, tuple)) else 1
            raise ValueError(
                f'{type(self).__name__} compares views of an image, got '
                f'{got}: put MultiViewGeometry(views=[..., ...]) into the '
                'pipeline'
            )
        sizes = [tuple(view.shape[-2:]) for view in inputs]
        device = inputs[0].device
        if not getattr(self.region, 'needs_boxes', True):
            return plan_images(sizes, len(inputs[0]), device)
        samples = data_samples or []
        lacking = [
            i
            for i, sample in enumerate(samples)
            if 'boxes' not in sample or 'box_views' not in sample
        ]
        if lacking or not samples:
            raise ValueError(
                f'data samples {lacking or "(none)"} have no boxes: put '
                'SampleBoxPairs into the pipeline, or compare whole views '
                "with region=dict(type='GlobalRegions')"
            )
        boxes = [sample.boxes for sample in samples]
        views = [sample.box_views for sample in samples]
        return plan_boxes(sizes, boxes, views, device)

    def extract_feat(self, inputs: list[Tensor] | Tensor) -> Any:
        """Return the backbone's maps, view after view.

        Args:
            inputs: (N, 3, h, w), or V of them of one size.

        Raises:
            ValueError: views differ in size.
        """
        if isinstance(inputs, Tensor):
            return self.backbone(inputs)
        sizes = {tuple(view.shape[-2:]) for view in inputs}
        if len(sizes) > 1:
            raise ValueError(
                f'views of sizes {sorted(sizes)} have no maps in common: '
                'give one view'
            )
        return self.backbone(torch.cat(list(inputs)))
