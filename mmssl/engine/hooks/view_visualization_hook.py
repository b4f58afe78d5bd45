"""Pictures of the views that a network is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmssl.registry import HOOKS
from mmssl.visualization.view_samples import view_sample_panel


@HOOKS.register_module()
class ViewVisualizationHook(Hook):
    """Write the first samples of a training batch: views, matching boxes.

    At the first iteration of a run, also of a resumed one, and then every
    ``interval`` iterations; through ``runner.visualizer.add_image``, hence to
    every backend the config names. The image of place 2 in the batch is named
    ``train_views_2``. With several processes the first one shows images of
    its share.

    Needs in each batch ``inputs``: V views, (N, 3, h, w) uint8 RGB or lists
    of N, and ``data_samples``, as PackViews makes them.

    Args:
        number: Samples of a batch at most; 0 switches the hook off.
        interval: Iterations from one batch to the next that is shown.

    Raises:
        ValueError: A count out of range; the batch holds no views.
    """

    priority = 'NORMAL'

    def __init__(self, number: int = 4, interval: int = 1000) -> None:
        if number < 0:
            raise ValueError(f'number must be >= 0, got {number}')
        if interval < 1:
            raise ValueError(f'interval must be >= 1, got {interval}')
        self.number = number
        self.interval = interval
        self._first = True

    def before_train(self, runner: Runner) -> None:
        """Show the first batch whatever its number."""
        self._first = True

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Write pictures of this batch, if it is shown."""
        due = self._first or runner.iter % self.interval == 0
        self._first = False
        if not due or not self.number or not is_main_process():
            return
        views, samples = _views(data_batch)
        for n, sample in enumerate(samples[: self.number]):
            runner.visualizer.add_image(
                f'train_views_{n}',
                view_sample_panel(
                    [view[n] for view in views],
                    sample,
                    f'#{sample.get("sample_idx", "?")}',
                ),
                step=runner.iter,
            )


def _views(batch: Any) -> tuple[Any, Any]:
    """Return the views and the data samples of a batch."""
    views = batch.get('inputs') if isinstance(batch, Mapping) else None
    if not isinstance(views, (list, tuple)):
        raise ValueError(
            'ViewVisualizationHook shows batches whose inputs are a list of '
            f'views, got inputs of type {type(views).__name__}: end the '
            'pipeline with PackViews, or leave the hook out'
        )
    return views, batch['data_samples']
