"""Validation metric of flow prediction, with two baselines beside it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from numpy.typing import NDArray

from mmssl.evaluation.baselines import nearest_guidance_fill, zero_flow
from mmssl.evaluation.flow import FlowErrorSums, flow_error_sums
from mmssl.evaluation.flow_table import format_flow_table
from mmssl.registry import METRICS


# Not a NamedTuple: mmengine rebuilds tuples as plain ones when it gathers.
@dataclass(frozen=True)
class FlowSampleResult:
    """What one image adds to the metric.

    Attributes:
        model: Error sums of the model.
        zero: Error sums of zero flow.
        nearest: Error sums of the nearest-guidance fill; None when the batch
            has no guidance.
        loss: Loss of the image; None when the model gives none.
    """

    model: FlowErrorSums
    zero: FlowErrorSums
    nearest: FlowErrorSums | None
    loss: float | None


@METRICS.register_module()
class FlowMetric(BaseMetric):
    """End-point error, Fl-outlier rate and loss, beside two baselines.

    Results, all under the prefix ``flow``:

    ====================== ================================================
    EPE, Fl                model: mean end-point error (px), outliers (%)
    EPE_zero, Fl_zero      the prediction that nothing moves
    EPE_nearest, ...       each pixel takes the vector of its nearest guidance
                           point; left out when the batches have no guidance
    improvement_over_zero  100 (1 - EPE / EPE_zero), %; higher is better
    loss                   mean over images; left out when the model gives none
    ignored_pixels         number of pixels of unknown (non-finite) target
    ====================== ================================================

    EPE and Fl are means over *all pixels of all images*. For images of equal
    size with known targets this equals the mean over images of each image's
    mean; otherwise large images count more, as on KITTI.

    Source: Menze and Geiger, CVPR 2015 (Fl); the published CMP validates by
    the loss alone.
    Deviates: the published log shows a running mean of the last 10
    iterations; here the loss is the mean over the whole set. (mmengine logs
    what is called "loss" as a mean over the last 10 validations, unless the
    ``mean_pattern`` of its LogProcessor spares ``flow/``, as ours does.)

    Args:
        name: Name of the model in the printed table.
        print_table: Log the table at each evaluation.
        collect_device: 'gpu' gathers results through the process group,
            whichever backend it has; 'cpu' through files in the current
            folder.
        prefix: Prefix of the results.
        collect_dir: Folder for 'cpu'.
    """

    default_prefix = 'flow'

    def __init__(
        self,
        name: str = 'model',
        print_table: bool = True,
        collect_device: str = 'gpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix, collect_dir)
        self.name = name
        self.print_table = print_table

    def process(
        self, data_batch: Mapping, data_samples: Sequence[dict]
    ) -> None:
        """Reduce the images of one batch to sums.

        Args:
            data_batch: Raw batch; ``inputs`` may hold the lists
                ``guidance_points`` (K, 2) (row, col) and ``guidance_vectors``
                (K, 2) px, one entry for each image.
            data_samples: For each image ``pred_flow`` and ``gt_flow``
                (2, H, W) px, and ``loss`` if there is one.
        """
        inputs = data_batch['inputs']
        points = inputs.get('guidance_points')
        vectors = inputs.get('guidance_vectors')
        for i, sample in enumerate(data_samples):
            guidance = None
            if points is not None and vectors is not None:
                guidance = _array(points[i]), _array(vectors[i])
            self.results.append(_measure(sample, guidance))

    def compute_metrics(
        self, results: list[FlowSampleResult]
    ) -> dict[str, float]:
        """Divide the sums over all images.

        Args:
            results: One entry for each image of the whole set.

        Returns:
            The metrics by name, without prefix.

        Raises:
            ValueError: The validation set was empty.
        """
        if not results:
            raise ValueError('FlowMetric got no image: empty validation set?')
        metrics: dict[str, float] = {}
        for suffix, sums in (
            ('', [r.model for r in results]),
            ('_zero', [r.zero for r in results]),
            ('_nearest', [r.nearest for r in results]),
        ):
            known = [s for s in sums if s is not None]
            if len(known) == len(results):
                metrics.update(_means(known, suffix))
        metrics['improvement_over_zero'] = 100.0 * (
            1.0 - _ratio(metrics['EPE'], metrics['EPE_zero'])
        )
        losses = [r.loss for r in results if r.loss is not None]
        if losses:
            metrics['loss'] = float(np.mean(losses))
        metrics['ignored_pixels'] = sum(r.model.ignored for r in results)
        if self.print_table:
            table = format_flow_table(metrics, self.name)
            text = f'flow prediction on {len(results)} images\n{table}'
            print_log(text, logger='current', level=logging.INFO)
        return metrics


def _measure(
    sample: Mapping[str, Any], guidance: tuple[NDArray, NDArray] | None
) -> FlowSampleResult:
    """Return the sums of one image."""
    for key in ('pred_flow', 'gt_flow'):
        if key not in sample:
            raise ValueError(
                f'FlowMetric needs {key!r} in each data sample, got keys '
                f'{sorted(sample)}'
            )
    pred = _array(sample['pred_flow']).transpose(1, 2, 0)  # (H, W, 2)
    gt = _array(sample['gt_flow']).transpose(1, 2, 0)
    shape_hw = (gt.shape[0], gt.shape[1])
    nearest = None
    if guidance is not None:
        fill = nearest_guidance_fill(*guidance, shape_hw)
        nearest = flow_error_sums(fill, gt)
    loss = sample.get('loss')
    return FlowSampleResult(
        flow_error_sums(pred, gt),
        flow_error_sums(zero_flow(shape_hw), gt),
        nearest,
        None if loss is None else float(loss),
    )


def _means(sums: list[FlowErrorSums], suffix: str) -> dict[str, float]:
    """Return EPE and Fl over all images of one prediction."""
    pixels = sum(s.pixels for s in sums)
    return {
        f'EPE{suffix}': _ratio(sum(s.epe for s in sums), pixels),
        f'Fl{suffix}': 100.0 * _ratio(sum(s.outliers for s in sums), pixels),
    }


def _ratio(part: float, whole: float) -> float:
    """Return part / whole, NaN where there is nothing to divide by."""
    return part / whole if whole else float('nan')


def _array(value: Any) -> NDArray:
    """Return a tensor or sequence as a numpy array on the CPU."""
    if hasattr(value, 'detach'):
        value = value.detach().cpu()
        if value.is_floating_point():
            value = value.float()  # numpy has no bfloat16
        return value.numpy()
    return np.asarray(value)
