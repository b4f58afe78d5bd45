"""Self-distillation with no labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from mmssl.models.algorithms.base import Part
from mmssl.models.algorithms.teacher_student import TeacherStudent
from mmssl.models.utils.drop_path import set_drop_path
from mmssl.models.utils.view_checks import check_global_views
from mmssl.models.utils.view_features import (
    ViewFeatures,
    Weights,
    view_features,
)
from mmssl.registry import MODELS


@MODELS.register_module()
class DINO(TeacherStudent):
    """A student tells from any view what the teacher says of another one.

    The teacher sees the global views, the student all of them:
    L = mean over pairs of a global view g and another view v of
    H(softmax((t_g - c) / tau_t), softmax(s_v / tau_s)).

    Views of one size run in one forward pass, of whatever sizes; batch
    statistics, where a network has them, are those of all views of a size.
    The backbone may be any that gives a map or a vector for each image.

    Source: Caron et al. 2021 (DINO), arXiv:2104.14294, and its published
        code.
    Deviates: the centre moves with the optimiser's steps: see
        :class:`DINOHead`.

    Args:
        backbone: config or module.
        neck: the projector, usually :class:`DINONeck`.
        head: usually :class:`DINOHead`.
        num_global_views: how many of the views, the first ones, the teacher
            sees. Defaults to 2.
        teacher_drop_path: largest rate of stochastic depth in the teacher;
            None: that of the student. Defaults to 0.
        teacher_init: ``'copy'`` or ``'independent'``.
        **kwargs: of :class:`TeacherStudent` and :class:`BaseAlgorithm`.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: see :class:`TeacherStudent`; neck and head have other
            numbers of prototypes, or there is no global view.
    """

    default_preprocessor = 'mmssl.ViewsDataPreprocessor'
    # The centre of another run's teacher, as in the published code.
    starts_anew = ('head.center',)
    head: Any

    def __init__(
        self,
        backbone: Part,
        neck: Part,
        head: Part,
        num_global_views: int = 2,
        teacher_drop_path: float | None = 0.0,
        teacher_init: Literal['copy', 'independent'] = 'copy',
        **kwargs: Any,
    ) -> None:
        super().__init__(
            backbone, neck, head, teacher_init=teacher_init, **kwargs
        )
        if num_global_views < 1:
            raise ValueError(
                f'num_global_views must be >= 1, got {num_global_views}: '
                'the teacher sees these views'
            )
        self.num_global_views = num_global_views
        self._check_prototypes()
        if teacher_drop_path is not None:
            set_drop_path(self.teacher, teacher_drop_path)

    def loss(
        self, inputs: Sequence[Tensor], data_samples: list[DataSample] | None
    ) -> dict[str, Tensor]:
        """Return the head's losses.

        Args:
            inputs: V views, each (N, 3, h_v, w_v), normalised; global ones
                first.
            data_samples: not used.

        Raises:
            ValueError: views are missing, or have other numbers of images.
        """
        self.check_views(inputs)
        # First, while the student's activations are not there yet.
        targets = self.teacher_logits(inputs[: self.num_global_views])
        logits = self.logits(self, self.student_features(inputs).pooled)
        return self.head.loss(logits, targets, self.num_global_views)

    def student_features(
        self, views: Sequence[Tensor], semantic_weight: Weights = None
    ) -> ViewFeatures:
        """Run the student's backbone: :func:`view_features`.

        Args:
            views: each (N_v, 3, h_v, w_v).
            semantic_weight: lambda of each image, for backbones that take it.
        """
        return view_features(self.backbone, views, semantic_weight)

    @torch.no_grad()
    def teacher_features(
        self, views: Sequence[Tensor], semantic_weight: Weights = None
    ) -> ViewFeatures:
        """Run the teacher's backbone, without a graph.

        Args:
            views: as for the student.
            semantic_weight: as for the student.
        """
        return view_features(self.teacher.backbone, views, semantic_weight)

    @torch.no_grad()
    def teacher_logits(
        self, views: Sequence[Tensor], semantic_weight: Weights = None
    ) -> Tensor:
        """Return the teacher's logits (G * N, Q), view after view."""
        features = self.teacher_features(views, semantic_weight)
        return self.logits(self.teacher, features.pooled)

    def logits(self, network: Any, pooled: Tensor) -> Tensor:
        """Project pooled features (R, C) to logits (R, Q).

        Args:
            network: ``self`` or ``self.teacher``.
            pooled: of its backbone.
        """
        return network.neck(pooled)[0]

    def check_views(self, inputs: Sequence[Tensor]) -> None:
        """Refuse a batch that DINO cannot learn from.

        Raises:
            ValueError: see
                :func:`~mmssl.models.utils.view_checks.check_global_views`;
                or one image for batch norms in the neck.
        """
        _, images = check_global_views(inputs, self.num_global_views)
        alone = images == 1 and self.training
        if alone and getattr(self.neck, 'has_batch_norm', False):
            raise ValueError(
                'a batch of 1 image leaves nothing for the batch norms of '
                'the neck to compare: set train_dataloader.batch_size >= 2, '
                "neck.use_bn=False, or sync_bn='torch' with several GPUs"
            )

    def update_teacher(self, momentum: float) -> None:
        """Move teacher and centre, once after each step of the optimiser.

        Args:
            momentum: the weight of the old teacher, in [0, 1].

        Raises:
            ValueError: ``momentum`` is out of range.
        """
        super().update_teacher(momentum)
        self.head.update_center()

    def leave_out_step(self) -> None:
        """Forget what the head has noted of a step that was not taken."""
        self.head.drop_noted()

    def extract_feat(self, inputs: Sequence[Tensor] | Tensor) -> Any:
        """Return the backbone's outputs, of global views if there are more.

        Args:
            inputs: (N, 3, h, w), or views, global ones first.

        Raises:
            ValueError: global views differ in size.
        """
        if isinstance(inputs, Tensor):
            return self.backbone(inputs)
        views = list(inputs[: self.num_global_views])
        sizes = {tuple(view.shape[-2:]) for view in views}
        if len(sizes) > 1:
            raise ValueError(
                f'views of sizes {sorted(sizes)} have no maps in common: '
                'give one view'
            )
        return self.backbone(torch.cat(views))

    def _check_prototypes(self) -> None:
        """Compare neck and head.

        Raises:
            ValueError: They differ.
        """
        mine, theirs = (
            getattr(part, 'num_prototypes', None)
            for part in (self.neck, self.head)
        )
        if None not in (mine, theirs) and mine != theirs:
            raise ValueError(
                f'neck.num_prototypes is {mine}, head.num_prototypes '
                f'{theirs}: set the same number in both'
            )
