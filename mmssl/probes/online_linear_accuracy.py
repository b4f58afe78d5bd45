"""Accuracy of the classifier that is trained beside the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmssl.probes.accuracy import gathered_accuracy
from mmssl.probes.features import FeatureExtractor
from mmssl.probes.frozen import frozen
from mmssl.probes.labels import check_range, check_unlabelled
from mmssl.probes.loaders import build_probe_loader
from mmssl.registry import TASK_UTILS
from mmssl.utils.model_wrapper import unwrapped


@TASK_UTILS.register_module()
class OnlineLinearAccuracy:
    """Evaluate a model's ``online_probe`` on labelled images.

    Batch norms of the backbone use their running statistics.

    Source: Roh et al. 2021 (SCRL): online evaluation at the end of each
        epoch, short side 256, centre crop 224.
    Deviates: none; images come from the loader's pipeline.

    Args:
        loader: of the images, see
            :func:`~mmssl.probes.loaders.build_probe_loader`.
        name: before the numbers' names.
        normalize: ``dict(mean=, std=)`` in place of that of the model's data
            preprocessor.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.
        unlabelled: what images without a label are: 'error', or 'ignore'.
        chunk: rows classified at a time.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        loader: Any,
        name: str = 'linear',
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
        unlabelled: str = 'error',
        chunk: int = 8192,
    ) -> None:
        self.loader = loader
        self.name = name
        self.normalize, self.precision = normalize, precision
        self.unlabelled = check_unlabelled(unlabelled)
        self.chunk = chunk

    def prepare(self) -> None:
        """Build the loader, so that mistakes in it show at once."""
        self.loader = build_probe_loader(self.loader, f'{self.name}: loader')

    def measure(self, model: nn.Module) -> dict[str, float]:
        """Return the accuracies; every process calls this.

        Args:
            model: with ``online_probe``; it is left as it was.

        Returns:
            ``{name}_top1`` and, with five classes or more, ``{name}_top5``,
            %, the same in all processes.

        Raises:
            ValueError: the model has no online probe, or labels are not as
                they should be.
        """
        self.prepare()
        probe = getattr(unwrapped(model), 'online_probe', None)
        if probe is None:
            raise ValueError(
                'the model has no online probe to evaluate: set model = '
                "dict(online_probe=dict(type='LinearProbe', num_classes=..., "
                'in_channels=...))'
            )
        extract = FeatureExtractor(
            model,
            stage=probe.stage,
            normalize=self.normalize,
            precision=self.precision,
        )
        found = extract.extract(self.loader, self.unlabelled)
        check_range(found.labels, probe.num_classes)
        ranked = self._ranked(probe, found.rows, extract.device)
        accuracy = gathered_accuracy(ranked, found.labels, found.places)
        return {f'{self.name}_{top}': v for top, v in accuracy.items()}

    def _ranked(
        self, probe: nn.Module, rows: Tensor, device: torch.device
    ) -> Tensor:
        """Return the five best classes of each row, on the CPU."""
        best = []
        with frozen(probe):
            for part in rows.split(self.chunk):
                logits = probe(part.to(device))
                best.append(logits.topk(min(5, logits.shape[1])).indices.cpu())
        return torch.cat(best)
