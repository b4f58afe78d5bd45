"""Loss of DINO, and the centre that keeps the teacher from collapsing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.model import BaseModule
from torch import Tensor

from mmssl.models.losses.dino_loss import (
    dino_loss,
    dino_targets,
    mean_entropy,
    moved_center,
)
from mmssl.registry import MODELS
from mmssl.utils.momentum_schedule import check_momentum
from mmssl.utils.stages import stage


@MODELS.register_module()
class DINOHead(BaseModule):
    """Cross-entropy between views, with centred targets of the teacher.

    The centre c is a running mean of the teacher's logits, over all images
    of all processes: c <- m c + (1 - m) mean(t), once after each step of the
    optimiser (:meth:`update_center`). Until then the sum of a step's logits
    waits in buffers: with accumulation every part of a step uses the same
    centre, and what follows is that of one large batch. Sum and count are
    saved with the weights, so that a run goes on exactly from the midst of a
    step. Logits that are nan or inf never get there.

    Source: Caron et al. 2021 (DINO), arXiv:2104.14294, and its published
        code.
    Deviates: the published code moves the centre in every forward pass, also
        those whose step is left out or not yet due.

    Args:
        num_prototypes: Q, of the neck. Defaults to 65536.
        student_temp: softmax temperature of the student. Defaults to 0.1.
        teacher_temp: of the teacher; an attribute, changed by a schedule.
            Defaults to 0.04.
        center_momentum: m, the weight of the old centre. Defaults to 0.9.
        loss_weight: factor of the loss. Defaults to 1.
        init_cfg: mmengine's initialisation. Defaults to None.

    Raises:
        ValueError: an argument is out of range.
    """

    center: Tensor
    center_sum: Tensor
    center_count: Tensor

    def __init__(
        self,
        num_prototypes: int = 65536,
        student_temp: float = 0.1,
        teacher_temp: float = 0.04,
        center_momentum: float = 0.9,
        loss_weight: float = 1.0,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        if num_prototypes < 1:
            raise ValueError(
                f'num_prototypes must be >= 1, got {num_prototypes}'
            )
        if student_temp <= 0 or teacher_temp <= 0:
            raise ValueError(
                'student_temp and teacher_temp must be > 0 (a softmax is '
                f'divided by them), got {student_temp} and {teacher_temp}'
            )
        self.num_prototypes = num_prototypes
        self.student_temp = student_temp
        self.teacher_temp = teacher_temp
        self.center_momentum = check_momentum(
            center_momentum, 'center_momentum'
        )
        self.loss_weight = loss_weight
        self.register_buffer('center', torch.zeros(1, num_prototypes))
        self.register_buffer('center_sum', torch.zeros(1, num_prototypes))
        self.register_buffer('center_count', torch.zeros(()))

    def loss(
        self,
        student_logits: Tensor | Sequence[Tensor],
        teacher_logits: Tensor,
        num_global_views: int = 2,
    ) -> dict[str, Tensor]:
        """Return the loss; in training, note the teacher's logits.

        Args:
            student_logits: (V * N, Q), view after view, global views first,
                or V tensors (N, Q).
            teacher_logits: (G * N, Q), of the global views.
            num_global_views: G.

        Returns:
            ``loss_dino``, and for the log ``target_entropy``, that of the
            teacher's distributions, nats: 0 or log Q, held, is a collapse.

        Raises:
            ValueError: shapes that do not belong together.
        """
        self._check(teacher_logits)
        if not isinstance(student_logits, Tensor):
            student_logits = torch.cat(list(student_logits))
        with stage('dino loss'):
            targets = self.targets(teacher_logits)
            loss = dino_loss(
                student_logits, targets, num_global_views, self.student_temp
            )
            entropy = mean_entropy(targets)
        if self.training:
            self.note(teacher_logits)
        return {
            'loss_dino': self.loss_weight * loss,
            'target_entropy': entropy,
        }

    def targets(self, teacher_logits: Tensor) -> Tensor:
        """Return the teacher's distributions, centred: (R, Q) float32."""
        return dino_targets(teacher_logits, self.center, self.teacher_temp)

    @torch.no_grad()
    def note(self, teacher_logits: Tensor) -> None:
        """Add logits (R, Q) to those that the next centre is made of."""
        with stage('dino centre'):
            dtype = self.center.dtype
            total = teacher_logits.sum(0, keepdim=True, dtype=dtype)
            # Without asking a GPU: a bad batch adds nothing.
            good = torch.isfinite(total).all()
            self.center_sum += torch.where(good, total, 0.0)
            self.center_count += good * len(teacher_logits)

    @torch.no_grad()
    def update_center(self) -> None:
        """Move the centre; called by all processes, once after each step."""
        with stage('dino centre'):
            total, count = self.center_sum, self.center_count
            if get_world_size() > 1:
                both = torch.cat((total.flatten(), count[None]))
                all_reduce(both)
                total, count = both[None, :-1], both[-1]
            moved = moved_center(
                self.center, total, count, self.center_momentum
            )
            self.center.copy_(moved)
            self.drop_noted()

    @torch.no_grad()
    def drop_noted(self) -> None:
        """Forget the logits of a step that was left out."""
        self.center_sum.zero_()
        self.center_count.zero_()

    def _check(self, teacher_logits: Tensor) -> None:
        width = teacher_logits.shape[-1]
        if width != self.num_prototypes:
            raise ValueError(
                f'the neck gives {width} logits, the head has num_prototypes='
                f'{self.num_prototypes}: set the same num_prototypes in both'
            )
