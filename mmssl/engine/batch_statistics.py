"""What a batch looks like: numbers of its tensors, a picture of its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from mmssl.engine.plain_data import walk

_TILE = 192  # px, longer side of an image in the picture
_SMALLEST = 8  # px, of what is taken for an image


class TensorRow(NamedTuple):
    """Statistics of one tensor of a batch, over its finite values.

    Attributes:
        path: Where it is, such as ``inputs.img.0``.
        sample: Name of the sample it belongs to; may be empty.
        shape: Its shape; ``dtype``: its type.
        low: Smallest, ``high``: largest, ``mean``: mean of finite values;
            nan if there are none.
        non_finite: Share of values that are nan or inf.
    """

    path: str
    sample: str
    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float
    mean: float
    non_finite: float


def tensor_rows(
    batch: Any, samples: Sequence[Mapping[str, Any]] = ()
) -> list[TensorRow]:
    """Describe every tensor of a batch, those with nan or inf first.

    Args:
        batch: Nested data.
        samples: What names each sample (files, index).

    Example:
        >>> (row,) = tensor_rows(dict(x=[torch.tensor([1.0, float('inf')])]))
        >>> row.path, row.high, row.non_finite
        ('x.0', 1.0, 0.5)
    """
    rows = [
        _row(path, tensor, samples)
        for path, leaf in walk(batch)
        for tensor in _as_tensor(leaf)
    ]
    return sorted(rows, key=lambda row: -row.non_finite)


def _as_tensor(leaf: Any) -> list[Tensor]:
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind in 'biuf':
        leaf = torch.from_numpy(leaf)
    return [leaf] if torch.is_tensor(leaf) and not leaf.is_complex() else []


def _row(
    path: str, tensor: Tensor, samples: Sequence[Mapping[str, Any]]
) -> TensorRow:
    """Return the statistics of one tensor."""
    values = tensor.detach().cpu().double().reshape(-1)
    finite = values[torch.isfinite(values)]
    nothing = float('nan')
    low, high, mean = nothing, nothing, nothing
    if len(finite):
        low, high = float(finite.min()), float(finite.max())
        mean = float(finite.mean())
    return TensorRow(
        path=path,
        sample=_sample_of(path, samples),
        shape=tuple(tensor.shape),
        dtype=str(tensor.dtype).replace('torch.', ''),
        low=low,
        high=high,
        mean=mean,
        non_finite=1 - len(finite) / max(len(values), 1),
    )


def _sample_of(path: str, samples: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the sample whose place is in a path."""
    places = [int(part) for part in path.split('.') if part.isdigit()]
    if not places or places[-1] >= len(samples):
        return ''
    sample = samples[places[-1]]
    return str(sample.get('img_path') or sample.get('sample_idx', ''))


def batch_picture(batch: Any, most: int = 16) -> np.ndarray | None:
    """Draw the images of a batch side by side.

    Args:
        batch: Nested data; images are its tensors (3, H, W) or (N, 3, H, W).
        most: Images at most.

    Returns:
        (H, W, 3) uint8 RGB, or None: there are no images. Images that are
        not 8-bit are stretched to 0..255; pixels with nan or inf are red.
    """
    images: list[np.ndarray] = []
    for _, leaf in walk(batch):
        for tensor in _as_tensor(leaf):
            if tensor.dim() == 3 and _is_image(tensor):
                images.append(_drawn(tensor))
            elif tensor.dim() == 4 and _is_image(tensor[0]):
                images += [_drawn(part) for part in tensor[:most]]
        if len(images) >= most:
            break
    return _grid(images[:most]) if images else None


def write_picture(picture: np.ndarray, file: Path) -> None:
    """Write an (H, W, 3) RGB picture.

    Raises:
        OSError: It cannot be written.
    """
    if not cv2.imwrite(str(file), picture[..., ::-1]):
        raise OSError(f'{file} could not be written')


def _is_image(tensor: Tensor) -> bool:
    return tensor.shape[0] == 3 and min(tensor.shape[1:]) >= _SMALLEST


def _drawn(tensor: Tensor) -> np.ndarray:
    """Return (h, w, 3) uint8, the longer side at most ``_TILE`` px."""
    values = tensor.detach().cpu().permute(1, 2, 0).double().numpy()
    bad = ~np.isfinite(values).all(-1)
    if tensor.dtype != torch.uint8:
        good = values[~bad]
        low, high = (good.min(), good.max()) if good.size else (0.0, 1.0)
        values = (values - low) / max(high - low, 1e-12) * 255
    image = np.nan_to_num(values).clip(0, 255).astype(np.uint8)
    image[bad] = (255, 0, 0)
    scale = min(1.0, _TILE / max(image.shape[:2]))
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _grid(images: Sequence[np.ndarray], gap: int = 4) -> np.ndarray:
    """Put images into rows, on white."""
    columns = int(np.ceil(np.sqrt(len(images))))
    height = max(image.shape[0] for image in images) + gap
    width = max(image.shape[1] for image in images) + gap
    rows = -(-len(images) // columns)
    picture = np.full((rows * height, columns * width, 3), 255, np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * height, i % columns * width
        picture[top : top + image.shape[0], left : left + image.shape[1]] = (
            image
        )
    return picture
