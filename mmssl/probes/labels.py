"""The class labels that probes are measured against, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor

IGNORED = -100  # torch's own number for "not in the loss"
UNLABELLED = ('error', 'ignore')
_RANGE = 'labels must be in 0 .. {last} (num_classes={count}), got {found}'


def check_unlabelled(unlabelled: str) -> str:
    """Return a choice of what happens to images without a label.

    Raises:
        ValueError: it is neither 'error' nor 'ignore'.
    """
    if unlabelled not in UNLABELLED:
        raise ValueError(
            f'unknown unlabelled {unlabelled!r}; valid: '
            f'{", ".join(UNLABELLED)}'
        )
    return unlabelled


def sample_labels(
    samples: Sequence[BaseDataElement] | None,
    unlabelled: str = 'error',
    count: int | None = None,
) -> Tensor:
    """Return the class of each sample, from its ``gt_label``.

    Args:
        samples: those of a batch.
        unlabelled: what a sample without ``gt_label`` is: 'error', or
            'ignore', which gives it -100.
        count: how many there have to be; None: any number.

    Returns:
        (N,) int64, on the labels' device; not yet checked for range.

    Raises:
        ValueError: there are no samples, some lack the label, or have more
            than one class.

    Example:
        >>> from mmpretrain.structures import DataSample
        >>> sample_labels([DataSample().set_gt_label(3)])
        tensor([3])
    """
    samples = list(samples or ())
    if not samples or (count is not None and len(samples) != count):
        raise ValueError(
            f'{count if count is not None else "some"} data samples with a '
            f'gt_label are needed, got {len(samples)}: the pipeline has to '
            'pack them'
        )
    lacking = [i for i, sample in enumerate(samples) if _raw(sample) is None]
    if lacking and unlabelled == 'error':
        name = samples[lacking[0]].metainfo.get('img_path', '')
        raise ValueError(
            f'data samples {lacking[:8]} of a batch of {len(samples)} have '
            f'no gt_label{f" (the first is {name})" if name else ""}: use a '
            "data set with classes, or set unlabelled='ignore'"
        )
    device = next(
        (r.device for r in map(_raw, samples) if r is not None), None
    )
    return torch.cat([_one(sample, device) for sample in samples])


def check_range(labels: Tensor, num_classes: int) -> None:
    """Refuse labels that are no class; -100 is let through.

    Args:
        labels: int64, any shape.
        num_classes: they must be in 0 .. num_classes - 1.

    Raises:
        ValueError: one is not; names the first few.

    Example:
        >>> check_range(torch.tensor([0, 1, -100]), 2)
    """
    bad = ((labels < 0) | (labels >= num_classes)) & (labels != IGNORED)
    if bad.any():
        found = labels[bad].unique().tolist()
        shown = ', '.join(str(label) for label in found[:5])
        _refuse(shown + ', ...' * (len(found) > 5), num_classes)


class RangeWatch:
    """Checks labels of training batches without waiting for a device.

    On the CPU, at once. Those on a device are copied over while it goes on
    with the step, and looked at with the next batch.

    Args:
        num_classes: labels must be in 0 .. num_classes - 1, or -100.
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self._pending: tuple[Tensor, Any] | None = None

    def __call__(self, labels: Tensor) -> Tensor:
        """Check, and return labels in which what is no class is -100.

        Args:
            labels: (N,) int64.

        Raises:
            ValueError: a label of this batch (CPU) or of the batch before
                (other devices) is out of range.
        """
        self._look()
        if labels.device.type == 'cpu':
            check_range(labels, self.num_classes)
            return labels
        inside = (labels >= 0) & (labels < self.num_classes)
        if labels.numel():
            known = torch.where(labels == IGNORED, 0, labels)
            ends = torch.stack(known.aminmax()).to('cpu', non_blocking=True)
            event = torch.cuda.Event() if labels.is_cuda else None
            if event is not None:
                event.record()
            self._pending = ends, event
        return torch.where(inside, labels, IGNORED)

    def _look(self) -> None:
        """Look at what was copied during the step before."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        ends, event = pending
        if event is not None:
            event.synchronize()
        low, high = ends.tolist()
        if low < 0 or high >= self.num_classes:
            _refuse(f'{low if low < 0 else high}', self.num_classes)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, '_pending': None}


def _refuse(found: str, num_classes: int) -> None:
    """Say which labels do not fit, and what to do."""
    text = _RANGE.format(last=num_classes - 1, count=num_classes, found=found)
    raise ValueError(
        f'{text}: set num_classes to that of the data set, or mend its '
        'labels, which count from 0'
    )


def _raw(sample: BaseDataElement) -> Tensor | None:
    """Return the label as it is stored; None if there is none."""
    label = sample.get('gt_label')
    return None if label is None else torch.as_tensor(label)


def _one(sample: BaseDataElement, device: torch.device | None) -> Tensor:
    """Return one sample's label as (1,) int64."""
    label = _raw(sample)
    if label is None:
        return torch.full((1,), IGNORED, device=device)
    if label.numel() != 1 or label.is_floating_point():
        raise ValueError(
            'gt_label must be one whole number, the class of the image; got '
            f'shape {tuple(label.shape)}, {label.dtype}'
        )
    return label.reshape(1).long()
