"""Pictures of what DINO's and SOLIDER's teachers make of their images."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner
from numpy.typing import NDArray
from torch import Tensor

from mmssl.engine.teacher_pictures import teacher_maps, teacher_parts
from mmssl.registry import HOOKS
from mmssl.utils.model_wrapper import unwrapped
from mmssl.utils.semantic_weight import check_semantic_weight
from mmssl.visualization.masked_inputs import masked_panel
from mmssl.visualization.part_overlay import part_panel
from mmssl.visualization.token_pca import token_pca_panel


@HOOKS.register_module()
class PartVisualizationHook(Hook):
    """Write part labels, masked inputs and coloured features of a batch.

    Of the first global view of some images, through
    ``runner.visualizer.add_image``, hence to every backend the config names:

    * ``train_token_pca``: principal components of the teacher's features,
      side by side at several lambdas; DINO and SOLIDER
    * ``train_parts``: the part labels over the images; SOLIDER
    * ``train_masked``: the images without one part; SOLIDER, if it cuts
      parts out

    At the first iteration of a run, also of a resumed one, and then every
    ``interval`` iterations, before the step. The training does not notice:
    the teacher evaluates without gradients, random states, modes and batch
    statistics stay as they are. In evaluation mode a teacher with batch norm
    may label other cells than in training. With several processes the first
    one shows images of its share.

    Args:
        number: Images at most; 0 switches the hook off.
        interval: Iterations from one batch to the next that is shown.
        semantic_weights: Lambdas of the features, for backbones that take
            one.
        seed: Of the clusters' seeds and the parts that are cut out.

    Raises:
        ValueError: A number out of range; the model has no teacher, or the
            batch no views.
    """

    priority = 'NORMAL'

    def __init__(
        self,
        number: int = 6,
        interval: int = 1000,
        semantic_weights: Sequence[float] = (0.0, 0.5, 1.0),
        seed: int = 0,
    ) -> None:
        if number < 0:
            raise ValueError(f'number must be >= 0, got {number}')
        if interval < 1:
            raise ValueError(f'interval must be >= 1, got {interval}')
        if not len(semantic_weights):
            raise ValueError('semantic_weights must name one lambda or more')
        self.number = number
        self.interval = interval
        self.semantic_weights = [
            check_semantic_weight(weight) for weight in semantic_weights
        ]
        self.seed = seed
        self._first = True

    def before_train(self, runner: Runner) -> None:
        """Show the first batch whatever its number; look at the model.

        Raises:
            ValueError: The model has no teacher.
        """
        self._first = True
        model = unwrapped(runner.model)
        known = hasattr(getattr(model, 'teacher', None), 'backbone')
        if self.number and not known:
            raise ValueError(
                'PartVisualizationHook shows what the teacher of DINO or '
                f'SOLIDER sees, but {type(model).__name__} has none: leave '
                'the hook out'
            )

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Write pictures of this batch, if it is shown."""
        due = self._first or runner.iter % self.interval == 0
        self._first = False
        if not due or not self.number or not is_main_process():
            return
        images = _first_views(data_batch)[: self.number]
        model: Any = unwrapped(runner.model)
        for name, picture in self.pictures(model, images).items():
            runner.visualizer.add_image(name, picture, step=runner.iter)

    def pictures(
        self, model: Any, images: Tensor
    ) -> dict[str, NDArray[np.uint8]]:
        """Draw what there is to see.

        Args:
            model: DINO or SOLIDER, unwrapped.
            images: (N, 3, h, w) uint8 RGB.

        Returns:
            Name -> (H, W, 3) uint8 RGB.
        """
        shown = [*images.cpu().permute(0, 2, 3, 1).numpy()]
        found: dict[str, NDArray[np.uint8]] = {}
        maps, weights = teacher_maps(model, images, self.semantic_weights)
        if np.isfinite(maps).all():
            found['train_token_pca'] = token_pca_panel(shown, [*maps], weights)
        else:
            print_log(
                "PartVisualizationHook: the teacher's features hold nan or "
                'inf, there is nothing to colour',
                logger='current',
                level=logging.WARNING,
            )
        if not hasattr(model, 'part_labels'):
            return found
        parts = teacher_parts(model, images, self.seed)
        labels, valid = [*parts.labels], parts.valid.tolist()
        found['train_parts'] = part_panel(
            shown,
            labels,
            valid,
            num_parts=parts.num_parts,
        )
        if parts.cut is not None:
            mean = model.data_preprocessor.mean.flatten().tolist()
            found['train_masked'] = masked_panel(
                shown, labels, parts.cut.tolist(), valid, mean
            )
        return found


def _first_views(batch: Any) -> Tensor:
    """Return the first view of each image, (N, 3, h, w)."""
    views = batch.get('inputs') if isinstance(batch, Mapping) else None
    if not isinstance(views, (list, tuple)) or not len(views):
        raise ValueError(
            'PartVisualizationHook shows batches whose inputs are a list of '
            f'views, got inputs of type {type(views).__name__}: end the '
            'pipeline with PackViews, or leave the hook out'
        )
    first = views[0]
    return first if isinstance(first, Tensor) else torch.stack(list(first))
