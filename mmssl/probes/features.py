"""Frozen, pooled features of any method's backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from mmssl.probes.frozen import frozen
from mmssl.probes.gather import gather_in_order
from mmssl.probes.labels import sample_labels
from mmssl.probes.loaders import loader_places
from mmssl.probes.normalization import Normalization, normalization_of
from mmssl.probes.pooling import pool_outputs
from mmssl.utils.model_wrapper import unwrapped

PRECISIONS = {
    'bf16': torch.bfloat16,
    'fp16': torch.float16,
    'fp32': torch.float32,
}


class Features(NamedTuple):
    """Features of images, of this process or of all.

    Attributes:
        rows: (n, C) float32, on the CPU.
        labels: (n,) int64; -100: no label.
        places: (n,) int64, numbers of the images in the data set.
    """

    rows: Tensor
    labels: Tensor
    places: Tensor

    def gathered(self) -> Features:
        """Return those of all processes, each image once, in order."""
        places, rows, labels = gather_in_order(
            self.places, self.rows, self.labels
        )
        return Features(rows, labels, places)


class FeatureExtractor:
    """Makes features of images with a model's backbone as it is.

    The backbone is any module that takes (N, 3, H, W) images: that of CMP,
    SCRL or an algorithm of mmpretrain.

    Args:
        model: with ``data_preprocessor``; wrapped for several processes or
            not.
        backbone: name of the module, such as 'teacher.backbone'.
        stage: which of its outputs, see
            :func:`~mmssl.probes.pooling.pool_outputs`.
        normalize: ``dict(mean=, std=)`` in place of the preprocessor's.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone; pooled features
            are float32 always, autocast around does not count.

    Raises:
        ValueError: there is no such module, precision, or normalisation.
    """

    def __init__(
        self,
        model: nn.Module,
        backbone: str = 'backbone',
        stage: int = -1,
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
    ) -> None:
        if precision not in PRECISIONS:
            raise ValueError(
                f'unknown precision {precision!r}; valid: '
                f'{", ".join(sorted(PRECISIONS))}'
            )
        model = unwrapped(model)
        self.backbone = named_module(model, backbone)
        self.stage = stage
        self.normalization: Normalization = normalization_of(model, normalize)
        self.precision = precision
        first = next(self.backbone.parameters(), torch.zeros(()))
        self.device, self.dtype = first.device, first.dtype

    def outputs(self, images: Tensor) -> Any:
        """Return the backbone's raw outputs, as it runs in evaluation.

        Args:
            images: (N, 3, H, W) uint8 RGB, any device.
        """
        return self.run(self.normalization(images, self.device))

    def run(self, ready: Tensor) -> Any:
        """Return the backbone's raw outputs for normalised images.

        Args:
            ready: (N, 3, H, W) float32, on the model's device.
        """
        ready = ready.to(self.dtype)
        kind, half = self.device.type, self.precision != 'fp32'
        with (
            frozen(self.backbone),
            torch.autocast(
                kind,
                PRECISIONS[self.precision] if half else None,
                enabled=half,
            ),
        ):
            return self.backbone(ready)

    def __call__(self, images: Tensor) -> Tensor:
        """Return the pooled features of images.

        Args:
            images: (N, 3, H, W) uint8 RGB, any device.

        Returns:
            (N, C) float32, on the model's device.
        """
        return pool_outputs(self.outputs(images), self.stage)

    def extract(
        self, loader: DataLoader, unlabelled: str = 'error'
    ) -> Features:
        """Return the features of this process's share of a data set.

        Args:
            loader: its samples have one view; one batch after another goes
                through the backbone.
            unlabelled: what images without a label are, see
                :func:`~mmssl.probes.labels.sample_labels`.

        Returns:
            The features, in the order of the loader; the samples that a
            sampler repeats are in there twice.

        Raises:
            ValueError: images, views or labels are not as they should be.
        """
        places = loader_places(loader)
        rows, labels = [], []
        for batch in loader:
            images = one_view(batch['inputs'])
            rows.append(self(images).cpu())
            samples = batch.get('data_samples')
            labels.append(
                sample_labels(samples, unlabelled, len(images)).cpu()
            )
        if not rows:
            raise ValueError(
                'a probe has no images: each process needs at least one '
                '(batch_size with drop_last, an empty data set?)'
            )
        found = torch.cat(rows)
        if not found.isfinite().all():
            raise ValueError(
                'the features of a probe hold nan or inf: the weights of the '
                'backbone are not finite, or overflow in '
                f'precision={self.precision!r}'
            )
        return Features(found, torch.cat(labels), torch.tensor(places))


def one_view(inputs: Any) -> Tensor:
    """Return the images of a batch, however they are packed.

    Args:
        inputs: (N, 3, H, W); dict with ``img``, of CMP's pipelines; a list
            of N (3, H, W); a list of one view, (N, 3, H, W) or N (3, H, W),
            of :class:`PackViews`.

    Returns:
        (N, 3, H, W).

    Raises:
        ValueError: several views, or images of different sizes.

    Example:
        >>> one_view([torch.zeros(5, 3, 2, 2)]).shape
        torch.Size([5, 3, 2, 2])
    """
    if isinstance(inputs, Mapping):
        inputs = inputs['img']
    views = not isinstance(inputs, Tensor) and any(
        not isinstance(view, Tensor) or view.dim() == 4 for view in inputs
    )
    if views and len(inputs) > 1:
        raise ValueError(
            f'a probe looks at one view of each image, got {len(inputs)}: '
            'leave MultiViewGeometry out of its pipeline'
        )
    images = inputs[0] if views else inputs
    sizes = sorted({tuple(image.shape) for image in images})
    if len(sizes) != 1:
        raise ValueError(
            f'images of a probe must be of one size, got {sizes[:3] or "none"}'
            ': crop them to one size'
        )
    return images if isinstance(images, Tensor) else torch.stack(list(images))


def named_module(model: nn.Module, name: str) -> nn.Module:
    """Return a part of a model by its dotted name.

    Raises:
        ValueError: there is none; lists those at the top.
    """
    found = dict(model.named_modules()).get(name)
    if found is None or not name:
        top = ', '.join(sorted(child for child, _ in model.named_children()))
        raise ValueError(f'the model has no module {name!r}; it has {top}')
    return found
