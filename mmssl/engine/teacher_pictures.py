"""What a teacher sees in some images, without a trace in the training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mmssl.probes.dense_features import DenseExtractor
from mmssl.probes.frozen import frozen
from mmssl.utils.random_state import kept_cpu_generators


class TeacherParts(NamedTuple):
    """Part labels of N images.

    Attributes:
        labels: (N, h, w) int64: 0 background, 1 .. P.
        valid: (N,) bool.
        cut: (N,) int64: the part that each image would lose; None where
            none is cut out.
        num_parts: P.
    """

    labels: NDArray[np.int64]
    valid: NDArray[np.bool_]
    cut: NDArray[np.int64] | None
    num_parts: int


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Evaluate a model's teacher; modes and random states come back.

    Args:
        model: With ``teacher``.
    """
    with kept_cpu_generators(), frozen(model.teacher):
        yield


def teacher_maps(
    model: Any, images: Tensor, semantic_weights: Sequence[float]
) -> tuple[NDArray[np.float32], tuple[float | None, ...]]:
    """Return the maps of a teacher's backbone at several lambdas.

    Args:
        model: DINO or SOLIDER, unwrapped.
        images: (N, 3, h, w) uint8 RGB.
        semantic_weights: L lambdas; a backbone that takes none has one map.

    Returns:
        (N, L, C, h', w') float32, and the lambdas: (None,) without.

    Raises:
        ValueError: The backbone gives no maps.
    """
    backbone = model.teacher.backbone
    takes = getattr(backbone, 'accepts_semantic_weight', False)
    weights = tuple(semantic_weights) if takes else (None,)
    extract = DenseExtractor(model, 'teacher.backbone')
    with undisturbed(model):
        maps = [extract(images, weight) for weight in weights]
    return torch.stack(maps, 1).cpu().numpy(), weights


def teacher_parts(model: Any, images: Tensor, seed: int = 0) -> TeacherParts:
    """Return the part labels that SOLIDER's teacher gives images.

    Args:
        model: SOLIDER, unwrapped.
        images: (N, 3, h, w) uint8 RGB.
        seed: Of the clusters' seeds, and of the parts that are cut out.
    """
    generator = torch.Generator().manual_seed(seed)
    ready = model.data_preprocessor.normalized(images)
    with undisturbed(model), torch.no_grad():
        maps, _ = model.semantic_maps([ready])
        found = model.part_labels(maps, generator=generator)
    number = model.part_labels.num_parts
    cut = None
    if model.mask_part is not None:
        drawn = len(images) if model.mask_part == 'image' else 1
        parts = torch.randint(1, number + 1, (drawn,), generator=generator)
        cut = parts.expand(len(images)).numpy()
    return TeacherParts(
        found.labels.cpu().numpy(), found.valid.cpu().numpy(), cut, number
    )
