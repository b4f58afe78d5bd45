"""A linear classifier that is trained beside the method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmssl.probes.labels import (
    IGNORED,
    RangeWatch,
    check_unlabelled,
    sample_labels,
)
from mmssl.probes.pooling import pool_outputs
from mmssl.registry import MODELS


@MODELS.register_module()
class LinearProbe(nn.Module):
    """Online linear evaluation: logits = W norm(pool(backbone(x))) + b.

    As ``online_probe`` of a model it is trained on the features that the
    method's own loss pass makes, of all views, cut off from the graph: the
    method trains as it does without. Its parameters are the model's
    ``online_probe.*``.

    Source: Roh et al. 2021 (SCRL), linear classifier of the trainer.
    Deviates: runs in float32 under autocast as well; a class that does not
        exist is an error.

    Args:
        num_classes: of the data set.
        in_channels: C of the pooled features, e.g. 2048 for ResNet-50.
        stage: which of the backbone's outputs; -1 is the last.
        loss_weight: of the cross-entropy in the sum of losses.
        batch_norm: norm is a batch norm without weights of its own, so that
            one learning rate fits features of any size: for optimisers
            without LARS. False, as published: features as they are.
        unlabelled: what images without a label are: 'error', or 'ignore'.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> from mmpretrain.structures import DataSample
        >>> probe = LinearProbe(num_classes=2, in_channels=3)
        >>> maps = (torch.zeros(4, 3, 7, 7),)  # two views of two images
        >>> samples = [DataSample().set_gt_label(i) for i in range(2)]
        >>> losses = probe.loss([probe.pool(maps)], samples)
        >>> sorted(losses)
        ['probe_loss', 'probe_top1']
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        stage: int = -1,
        loss_weight: float = 1.0,
        batch_norm: bool = False,
        unlabelled: str = 'error',
    ) -> None:
        super().__init__()
        if num_classes < 2 or in_channels < 1 or loss_weight <= 0:
            raise ValueError(
                'num_classes must be >= 2, in_channels >= 1 and loss_weight '
                f'> 0, got {num_classes}, {in_channels} and {loss_weight}'
            )
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.stage = stage
        self.loss_weight = loss_weight
        self.unlabelled = check_unlabelled(unlabelled)
        # Draws of its own: the method starts as it does without a probe.
        with torch.random.fork_rng(devices=[]):
            self.linear = nn.Linear(in_channels, num_classes)
        self.norm: nn.Module = (
            nn.BatchNorm1d(in_channels, affine=False)
            if batch_norm
            else nn.Identity()
        )
        self._watch = RangeWatch(num_classes)

    def pool(self, outputs: Any) -> Tensor:
        """Return what the classifier sees of a backbone's output.

        Args:
            outputs: see :func:`~mmssl.probes.pooling.pool_outputs`.

        Returns:
            (N, C) float32 without a graph.

        Raises:
            ValueError: C is not ``in_channels``.
        """
        with torch.no_grad():
            features = pool_outputs(outputs, self.stage)
        self._check_channels(features)
        return features

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits.

        Args:
            features: (N, C), of :meth:`pool`.

        Returns:
            (N, num_classes) float32.

        Raises:
            ValueError: C is not ``in_channels``.
        """
        self._check_channels(features)
        with torch.autocast(features.device.type, enabled=False):
            return self.linear(self.norm(features.float()))

    def loss(
        self, features: Sequence[Tensor], data_samples: Any
    ) -> dict[str, Tensor]:
        """Return the losses of a batch.

        Args:
            features: of each pass through the backbone, (n, C), together
                V views of the N images, one view after another.
            data_samples: N, with ``gt_label``.

        Returns:
            ``probe_loss``: weighted cross-entropy, mean over the labelled
            rows, 0 (in the graph) if there are none. ``probe_top1``: how
            many of them are classified correctly, %, nan if there are none.

        Raises:
            ValueError: labels are missing or out of range, or the rows are
                no whole number of views.
        """
        labels = sample_labels(data_samples, self.unlabelled)
        rows = torch.cat(list(features)) if features else None
        if rows is None or not len(rows) or len(rows) % len(labels):
            raise ValueError(
                'the online probe needs whole views: the backbone made '
                f'{0 if rows is None else len(rows)} rows of {len(labels)} '
                'images in the loss pass'
            )
        # where they are: those that stay on the CPU are checked at once
        labels = self._watch(labels).repeat(len(rows) // len(labels))
        labels = labels.to(rows.device, non_blocking=True)
        return self._losses(self(rows), labels)

    def _check_channels(self, features: Tensor) -> None:
        if features.shape[1] != self.in_channels:
            raise ValueError(
                f'the backbone has {features.shape[1]} channels at stage '
                f'{self.stage}, the online probe in_channels='
                f'{self.in_channels}: set in_channels={features.shape[1]}'
            )

    def _losses(self, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the losses of rows, ignored ones among them."""
        count = (labels != IGNORED).sum()
        total = F.cross_entropy(
            logits, labels, ignore_index=IGNORED, reduction='sum'
        )
        right = (logits.detach().argmax(1) == labels).sum()
        return {
            'probe_loss': self.loss_weight * total / count.clamp(min=1),
            'probe_top1': 100.0 * right / count,
        }
