"""Semantic-controllable self-supervised learning for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from mmssl.clustering import PartMaps
from mmssl.models.algorithms.base import Part, build_part
from mmssl.models.algorithms.dino import DINO
from mmssl.models.utils.frozen import freeze_
from mmssl.models.utils.part_lessons import (
    PartLessons,
    lesson_loss,
    part_lessons,
)
from mmssl.models.utils.part_masking import draw_parts
from mmssl.models.utils.process_draws import own_draws
from mmssl.models.utils.semantic_draws import (
    Distribution,
    check_distribution,
    draw_semantic_weights,
)
from mmssl.models.utils.solider_checks import (
    check_backbone,
    check_classes,
    check_one_size,
    check_switches,
)
from mmssl.models.utils.teacher_pass import (
    has_batch_norm,
    maps_at_one,
    pooled_at,
    repeats_itself,
)
from mmssl.models.utils.token_maps import last_map
from mmssl.registry import MODELS
from mmssl.utils.stages import stage


@MODELS.register_module()
class SOLIDER(DINO):
    """DINO that also tells parts of a body, as much as lambda says.

    In a step: (1) the teacher sees the global views at lambda 1; its maps are
    parted into background and P parts. (2) Every image draws its lambda, for
    all its views; (3) the teacher makes DINO's targets with it. (4) Of the
    images whose parts are valid, one part is cut out. (5) The student sees
    these copies and all views. (6) A head tells the part of every cell of the
    copies and of the same images uncut, the cells of the part that is missing
    included::

        L = alpha L_dino + (1 - alpha) mean over cells of lambda CE
        L = L_dino + mean over cells of lambda CE               (alpha=None)

    Where no image is valid, the second term is 0. Paper, supplement and
    published code differ; arguments default to the paper, and are what the
    code does with ``train_semantic_head=False, mask_part='batch',
    alpha=None`` and a :class:`DINONeck` as ``semantic_head``.

    On a GPU, the host waits once in a step, for which images are valid;
    never with ``static_shapes``.

    Source: Chen et al. 2023 (SOLIDER), arXiv:2303.17602, algorithm 1 and
        supplement; the published code.
    Deviates: cut copies do not pass DINO's projector, whose output for them
        is not used; with ``skip_idle`` neither does anything run that has no
        effect.

    Args:
        backbone: config or module; lambda acts if it
            ``accepts_semantic_weight``.
        neck: the projector, usually :class:`DINONeck`.
        head: usually :class:`DINOHead`.
        semantic_head: (R, C) -> one tensor (R, P + 1) in a tuple:
            :class:`SemanticHead` (paper) or :class:`DINONeck` (code).
        part_labels: config or module, default ``dict(type='PartLabels')``.
        train_semantic_head: False (code): it stays as it was drawn.
        tokens: what is parted: ``'normed'`` maps (code), or ``'raw'`` ones,
            before the backbone's last norm.
        mask_part: ``'image'`` (supplement): each loses a part of its own;
            ``'batch'`` (code): all of a process the same; None: no cut copies.
        semantic_weight_distribution: ``'binary'`` (both), ``'uniform'`` or a
            number that all images have.
        alpha: weight of L_dino, in [0, 1] (paper, which does not tell it), or
            None (code).
        semantic_mean: ``'all'`` cells count (both), or ``'weighted'``: the
            mean weighted by lambda: over those with lambda 1 if binary.
        semantic_loss_weight: another factor of the second term.
        skip_idle: leave out what cannot have an effect, where there is no
            batch norm that would notice: the teacher's second pass of images
            with lambda 1, and cut copies of those with lambda 0.
        static_shapes: cut copies of all images, with weight 0 where they do
            not count: nothing is asked of a GPU, no shape ever changes.
        **kwargs: of :class:`DINO`.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: see :class:`DINO`; a switch is unknown or out of range,
            or the head tells another number of parts.
    """

    def __init__(
        self,
        backbone: Part,
        neck: Part,
        head: Part,
        semantic_head: Part,
        part_labels: Part = None,
        *,
        train_semantic_head: bool = True,
        tokens: Literal['normed', 'raw'] = 'normed',
        mask_part: Literal['image', 'batch'] | None = 'image',
        semantic_weight_distribution: Distribution = 'binary',
        alpha: float | None = 0.5,
        semantic_mean: Literal['all', 'weighted'] = 'all',
        semantic_loss_weight: float = 1.0,
        skip_idle: bool = True,
        static_shapes: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(backbone, neck, head, **kwargs)
        self.semantic_head = build_part(semantic_head, 'semantic_head')
        self.part_labels = build_part(
            part_labels or {'type': 'mmssl.PartLabels'}, 'part_labels'
        )
        if not train_semantic_head:
            freeze_(self.semantic_head)
        self.tokens = tokens
        self.mask_part = mask_part
        self.semantic_weight_distribution = check_distribution(
            semantic_weight_distribution
        )
        self.alpha = alpha
        self.semantic_mean = semantic_mean
        self.semantic_loss_weight = semantic_loss_weight
        self.static_shapes = static_shapes
        check_switches(
            tokens=tokens,
            mask_part=mask_part,
            alpha=alpha,
            semantic_mean=semantic_mean,
            semantic_loss_weight=semantic_loss_weight,
        )
        check_classes(self.semantic_head, self.part_labels.num_parts)
        check_backbone(self.backbone, tokens)
        lean = skip_idle and not static_shapes
        teacher: Any = self.teacher
        self._reuse = lean and repeats_itself(teacher.backbone)
        self._skip = lean and not (
            has_batch_norm(self.backbone) or has_batch_norm(self.semantic_head)
        )

    def loss(
        self, inputs: Sequence[Tensor], data_samples: list[DataSample] | None
    ) -> dict[str, Tensor]:
        """Return the losses, and what the log tells of the parts.

        Args:
            inputs: V views, each (N, 3, h_v, w_v), normalised; global ones
                first, of one size.
            data_samples: not used.

        Returns:
            ``loss_dino`` and ``loss_semantic``, weighted; what else the head
            returns; ``foreground_images``: share of the global views that
            have parts; ``masked_share``: of their cells that are cut out.

        Raises:
            ValueError: views are missing, have other numbers of images, or
                global ones differ in size.
        """
        self.check_views(inputs)
        check_one_size(inputs[: self.num_global_views])
        drawn = own_draws(self._weights_of, len(inputs[0]))
        views = inputs[: self.num_global_views]
        targets, parts = self.teach(views, drawn)
        weights = drawn.to(inputs[0].device, non_blocking=True)
        with stage('masking'):
            lessons = self.lessons(views, parts, weights)
        copies = [] if lessons.copies is None else [lessons.copies]
        features = self.student_features(
            [*copies, *inputs],
            [lessons.lambdas] * len(copies) + [weights] * len(inputs),
        )
        # The projector's output for the copies would not be used.
        pooled = features.pooled[sum(map(len, copies)) :]
        losses = self.head.loss(
            self.logits(self, pooled), targets, self.num_global_views
        )
        semantic = lesson_loss(
            self.semantic_head, last_map(features.outputs[0]), lessons
        )
        return {
            **self.weighted(losses, semantic),
            'foreground_images': parts.valid.float().mean(),
            'masked_share': lessons.masked_share,
        }

    @torch.no_grad()
    def teach(
        self, views: Sequence[Tensor], drawn: Tensor
    ) -> tuple[Tensor, PartMaps]:
        """Return DINO's targets and the part labels of global views.

        Args:
            views: G, each (N, 3, h, w).
            drawn: (N,) lambdas, on the CPU.

        Returns:
            The teacher's logits (G * N, Q) with these lambdas, and labels of
            the G * N images, from its features at lambda 1.
        """
        with stage('lambda 1'):
            maps, at_one = self.semantic_maps(views)
        backbone = self.teacher.backbone
        pooled = pooled_at(backbone, views, drawn, at_one, self._reuse)
        return self.logits(self.teacher, pooled), self.part_labels(maps)

    @torch.no_grad()
    def semantic_maps(self, views: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the teacher's maps at lambda 1, which are parted.

        Args:
            views: of one size, each (N, 3, h, w).

        Returns:
            (V * N, C, h', w'), before or after the last norm as ``tokens``
            says, and the pooled features (V * N, C).
        """
        backbone: Any = self.teacher.backbone
        return maps_at_one(backbone, views, self.tokens == 'raw')

    def lessons(
        self, views: Sequence[Tensor], parts: PartMaps, weights: Tensor
    ) -> PartLessons:
        """Return what the student learns of parts: :func:`part_lessons`.

        Args:
            views: the global ones.
            parts: of all of them.
            weights: (N,) lambdas, on the device.
        """
        how = self.mask_part
        cut = None
        if how is not None:
            cut = self._cut_of(len(parts.valid))
            cut = cut.to(weights.device, non_blocking=True)
        return part_lessons(
            torch.cat(list(views)),
            parts,
            weights.repeat(len(views)),
            cut,
            mean=self.semantic_mean,
            skip_idle=self._skip,
            static_shapes=self.static_shapes,
        )

    def _weights_of(self, number: int) -> Tensor:
        """Draw a lambda for each image."""
        return draw_semantic_weights(number, self.semantic_weight_distribution)

    def _cut_of(self, number: int) -> Tensor:
        """Draw the part that each of this process's images loses."""
        parts = self.part_labels.num_parts

        def draw(count: int) -> Tensor:
            return draw_parts(count, parts, 'image')

        drawn = number if self.mask_part == 'image' else 1
        return own_draws(draw, drawn).expand(number)

    def weighted(
        self, losses: dict[str, Tensor], semantic: Tensor
    ) -> dict[str, Tensor]:
        """Weigh the two terms by alpha."""
        semantic = semantic * self.semantic_loss_weight
        if self.alpha is None:
            return {**losses, 'loss_semantic': semantic}
        dino = losses['loss_dino'] * self.alpha
        semantic = semantic * (1 - self.alpha)
        return {**losses, 'loss_dino': dino, 'loss_semantic': semantic}

    def probed(
        self, features: list[Tensor], inputs: Sequence[Tensor]
    ) -> list[Tensor]:
        """Return the features of views alone, without the cut copies.

        Args:
            features: of each pass through the backbone; the first one begins
                with the copies.
            inputs: the views.
        """
        same = sum(v.shape == inputs[0].shape for v in inputs)
        first = features[0][len(features[0]) - same * len(inputs[0]) :]
        return [first, *features[1:]]
