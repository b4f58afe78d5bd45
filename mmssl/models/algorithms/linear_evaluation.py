"""A linear classifier on the pooled features of a frozen backbone."""

from __future__ import annotations

from typing import Any

from mmpretrain.structures import DataSample
from torch import Tensor

from mmssl.models.algorithms.frozen_evaluation import (
    FrozenEvaluation,
    set_predictions,
)
from mmssl.probes.labels import sample_labels
from mmssl.probes.pooling import pool_outputs
from mmssl.registry import MODELS


@MODELS.register_module()
class LinearEvaluation(FrozenEvaluation):
    """Offline linear evaluation: ``logits = head(pool(backbone(image)))``.

    Source: the published SCRL's offline evaluation: frozen online backbone
        in evaluation mode, new linear layer; ``finetune`` is its
        ``eval.finetune``.
    Deviates: none.

    Args:
        backbone: config or module; its weights by ``init_cfg=dict(
            type='Pretrained', checkpoint=..., prefix='backbone.')``.
        head: config or module with ``num_classes``, ``pool(outputs)`` and
            logits: :class:`mmssl.probes.LinearProbe`.
        statistics: see :class:`FrozenEvaluation`; published: 'running'.
        finetune: train the backbone, too.
        data_preprocessor: config or module. Defaults to
            ``dict(type='mmssl.ViewsDataPreprocessor')``.
        init_cfg: mmengine's initialisation. Defaults to None.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: unknown ``statistics``.
    """

    default_preprocessor = 'mmssl.ViewsDataPreprocessor'

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.freeze()

    def features(
        self,
        inputs: Tensor | list[Tensor],
        data_samples: list[DataSample] | None = None,
    ) -> Tensor:
        """Return the pooled features, (N, C) float32.

        Args:
            inputs: (N, 3, H, W) images, or a list of one such tensor.
            data_samples: not used.

        Raises:
            ValueError: Several views: there is one label for each image.
        """
        if not isinstance(inputs, Tensor):
            if len(inputs) != 1:
                raise ValueError(
                    'a linear evaluation takes one view of each image, got '
                    f'{len(inputs)}: leave MultiViewGeometry out'
                )
            inputs = inputs[0]
        outputs = self.run_backbone(inputs)
        if self.finetune:  # pool() would cut the graph
            return pool_outputs(outputs, self.head.stage)
        return self.head.pool(outputs)

    def loss(
        self,
        inputs: Tensor | list[Tensor],
        data_samples: list[DataSample] | None,
    ) -> dict[str, Tensor]:
        """Return ``loss`` and ``top1``.

        Args:
            inputs: see :meth:`features`.
            data_samples: each with ``gt_label`` (1,).

        Raises:
            ValueError: labels are missing or out of range.
        """
        labels = sample_labels(data_samples)
        logits = self.tensor(inputs)
        return self.logits_loss(logits, labels.to(logits.device))

    def predict(
        self,
        inputs: Tensor | list[Tensor],
        data_samples: list[DataSample] | None,
    ) -> list[DataSample]:
        """Return the samples, each with ``pred_label`` (1,)."""
        logits = self.tensor(inputs)
        samples = data_samples or [DataSample() for _ in logits]
        return set_predictions(samples, logits, [1] * len(logits))
