"""Linear classification of labelled boxes on a model's frozen features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mmssl.probes.features import Features
from mmssl.probes.linear_fit import choose_l2, fit_linear
from mmssl.probes.region_features import BOXES
from mmssl.probes.region_probe import RegionProbe
from mmssl.registry import TASK_UTILS


@TASK_UTILS.register_module()
class RegionLinearProbe(RegionProbe):
    """Classify ground-truth boxes by a linear classifier of their features.

    Logistic regression to its minimum, fitted anew at each measurement, see
    :func:`~mmssl.probes.linear_fit.fit_linear`; nothing random, and training
    is not touched.

    Args:
        loader: of the images with boxes to classify.
        bank_loader: of the images with boxes that are fitted on.
        l2: strength of the penalty; None: chosen at each measurement on a
            fifth of the bank's images, for about five times the cost.
        max_iter: most steps of L-BFGS.
        baselines: whether to measure also what colours, sizes and places of
            the boxes tell, and the most frequent class.
        name: before the numbers' names.
        **kwargs: region, num_classes, backbone, normalize and precision of
            :class:`~mmssl.probes.region_probe.RegionProbe`.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any,
        l2: float | None = 1e-2,
        max_iter: int = 100,
        baselines: bool = True,
        name: str = 'region_linear',
        **kwargs: Any,
    ) -> None:
        if l2 is not None and not l2 > 0:
            raise ValueError(f'l2 must be > 0, or None to choose, got {l2}')
        self.l2, self.max_iter = l2, max_iter
        super().__init__(
            loader, bank_loader, baselines=baselines, name=name, **kwargs
        )

    def classify(
        self, bank: Features, rows: Tensor, classes: int
    ) -> dict[str, Tensor]:
        """Return the likeliest class."""
        l2 = self.l2
        if l2 is None:
            images = torch.div(bank.places, BOXES, rounding_mode='floor')
            l2 = choose_l2(bank.rows, bank.labels, images, classes)
        labels = bank.labels.to(rows.device)
        fit = fit_linear(
            bank.rows.to(rows.device), labels, classes, l2, self.max_iter
        )
        return {'': fit.predict(rows)}
