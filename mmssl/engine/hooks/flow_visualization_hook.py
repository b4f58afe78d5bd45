"""Panels of predicted flow, written while validating and testing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from numpy.typing import NDArray
from torch import Tensor

from mmssl.registry import HOOKS
from mmssl.visualization.panels import flow_panel


@HOOKS.register_module()
class FlowVisualizationHook(Hook):
    """Write panels: image with guidance, target, prediction, error.

    Goes through ``runner.visualizer.add_image``, hence to every backend the
    config names (files, TensorBoard, ...). The image with ``sample_idx`` 7 of
    a validation after 2000 iterations is named ``val_flow_7`` at step 2000,
    so that the same image stands side by side over training. With several
    processes the first one shows images of its share.

    Needs in each batch ``inputs.img`` (3, H, W) uint8 RGB,
    ``inputs.guidance_points`` and ``inputs.guidance_vectors`` (missing: no
    guidance drawn), and in each output ``pred_flow`` and ``gt_flow``.

    Args:
        number: Panels at most for one validation; 0 switches the hook off.
        every: Show each ``every``-th image of the set.
        interval: Show each ``interval``-th validation, the first included.

    Raises:
        ValueError: A count out of range.
    """

    priority = 'NORMAL'

    def __init__(
        self, number: int = 8, every: int = 1, interval: int = 1
    ) -> None:
        if number < 0:
            raise ValueError(f'number must be >= 0, got {number}')
        for name, value in (('every', every), ('interval', interval)):
            if value < 1:
                raise ValueError(f'{name} must be >= 1, got {value}')
        self.number = number
        self.every = every
        self.interval = interval
        self._validations = 0
        self._seen = 0

    def before_val_epoch(self, runner: Runner) -> None:
        """Start to count the images of one validation."""
        self._seen = 0
        self._validations += 1

    def before_test_epoch(self, runner: Runner) -> None:
        """Start to count the images of one test."""
        self._seen = 0

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[BaseDataElement] | None = None,
    ) -> None:
        """Write panels of this batch, if this validation is shown."""
        if (self._validations - 1) % self.interval == 0:
            self._write(runner, data_batch, outputs or (), 'val_flow')

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[BaseDataElement] | None = None,
    ) -> None:
        """Write panels of this batch."""
        self._write(runner, data_batch, outputs or (), 'test_flow')

    def _write(
        self,
        runner: Runner,
        data_batch: Mapping,
        outputs: Sequence[BaseDataElement],
        name: str,
    ) -> None:
        """Write the panels of one batch that are due."""
        if not is_main_process():
            return
        for i, sample in enumerate(outputs):
            shown, rest = divmod(self._seen, self.every)
            if rest == 0 and shown < self.number:
                # No slash: the file backend would not make the folder.
                runner.visualizer.add_image(
                    f'{name}_{sample.get("sample_idx", self._seen)}',
                    _panel(data_batch['inputs'], i, sample),
                    step=runner.iter,
                )
            self._seen += 1


def _panel(
    inputs: Mapping, i: int, sample: BaseDataElement
) -> NDArray[np.uint8]:
    """Draw the panel of image ``i`` of a batch."""
    points, vectors = np.zeros((0, 2)), np.zeros((0, 2))
    if 'guidance_points' in inputs:
        points = inputs['guidance_points'][i].cpu().numpy()
        vectors = inputs['guidance_vectors'][i].cpu().numpy()
    return flow_panel(
        _channels_last(inputs['img'][i]),
        points,
        vectors,
        gt=_channels_last(sample.gt_flow.float()),
        pred=_channels_last(sample.pred_flow.float()),
    )


def _channels_last(image: Tensor) -> NDArray:
    """Return a (C, H, W) tensor as an (H, W, C) array."""
    return image.detach().cpu().permute(1, 2, 0).numpy()
