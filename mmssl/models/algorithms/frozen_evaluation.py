"""What the evaluations of a frozen backbone share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from mmpretrain.structures import DataSample
from torch import Tensor, nn
from torch.nn import functional as F

from mmssl.models.algorithms.base import BaseAlgorithm, Part
from mmssl.models.utils.frozen import (
    check_statistics,
    freeze_,
    set_frozen_mode_,
)
from mmssl.probes.labels import RangeWatch

_Self = TypeVar('_Self', bound='FrozenEvaluation')


class FrozenEvaluation(BaseAlgorithm):
    """A classifier on a backbone of which nothing is trained.

    The host's ImageClassifier does the same where a backbone has
    ``frozen_stages`` and ``norm_eval``; here any backbone is frozen, with
    all of its dropout and batch normalisation.

    Args:
        backbone: config or module.
        head: usually :class:`mmssl.probes.LinearProbe`.
        statistics: of the backbone's batch normalisation in training,
            'running' or 'batch', see
            :func:`mmssl.models.utils.frozen.set_frozen_mode_`.
        finetune: train the backbone, too.
        data_preprocessor: config or module.
        init_cfg: mmengine's initialisation. Defaults to None.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: unknown ``statistics``.
    """

    def __init__(
        self,
        backbone: Part,
        head: Part,
        statistics: str = 'running',
        finetune: bool = False,
        data_preprocessor: Part = None,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            head=head,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
        self.statistics = check_statistics(statistics)
        self.finetune = finetune
        self._watch = RangeWatch(self.head.num_classes)

    def freeze(self) -> None:
        """Take what is frozen out of training; once all parts are there."""
        for part in self.frozen_parts():
            freeze_(part)
        self.train(self.training)

    def frozen_parts(self) -> list[nn.Module]:
        """Return what is not trained."""
        return [] if self.finetune else [self.backbone]

    def train(self: _Self, mode: bool = True) -> _Self:
        """Set the mode of what is trained; what is frozen does not follow."""
        super().train(mode)
        for part in self.frozen_parts():
            set_frozen_mode_(part, mode, self.statistics)
        return self

    def features(
        self, inputs: Any, data_samples: list[DataSample] | None
    ) -> Tensor:
        """Return what the classifier sees, (M, C); subclasses say of what.

        Args:
            inputs: what the data preprocessor made.
            data_samples: one for each image.
        """
        raise NotImplementedError

    def tensor(
        self, inputs: Any, data_samples: list[DataSample] | None = None
    ) -> Tensor:
        """Return the (M, classes) logits."""
        return self.head(self.features(inputs, data_samples))

    def forward(
        self,
        inputs: Any,
        data_samples: list[DataSample] | None = None,
        mode: str = 'tensor',
    ) -> Any:
        """Run the model in one of its modes.

        Args:
            inputs: what the data preprocessor made.
            data_samples: one for each image.
            mode: 'loss', 'predict' or 'tensor'.
        """
        if mode == 'tensor':
            return self.tensor(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def run_backbone(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the backbone's outputs, without a graph where it is frozen.

        Args:
            images: (N, 3, H, W), normalised.
        """
        with torch.set_grad_enabled(self.finetune and torch.is_grad_enabled()):
            outputs = self.backbone(images)
        if isinstance(outputs, (list, tuple)):
            return tuple(outputs)
        return (outputs,)

    def logits_loss(self, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return cross-entropy and accuracy of labelled rows.

        Args:
            logits: (M, classes).
            labels: (M,) int64.

        Returns:
            ``loss``: mean over the rows, a zero in the graph without any;
            ``top1``: share of right rows, %.

        Raises:
            ValueError: a label is out of range.
        """
        if not len(labels):
            return dict(loss=logits.sum() * 0)
        labels = self._watch(labels)
        right = (logits.detach().argmax(1) == labels).float().mean()
        return dict(loss=F.cross_entropy(logits, labels), top1=100 * right)


def set_predictions(
    samples: Sequence[DataSample], logits: Tensor, counts: Sequence[int]
) -> list[DataSample]:
    """Give samples the best class of each of their rows.

    Args:
        samples: N.
        logits: (M, classes).
        counts: Rows of each sample, M together.

    Returns:
        The samples, each with ``pred_label`` (K,) int64.
    """
    best = logits.argmax(1).split(list(counts))
    for sample, labels in zip(samples, best):
        sample.set_pred_label(labels)
    return list(samples)
