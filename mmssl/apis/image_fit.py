"""From an image of any size to the size at which a backbone sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmssl.datasets.transforms.view_pixels import resize_view
from mmssl.datasets.transforms.view_resize import shorter_side_hw
from mmssl.datasets.transforms.view_size import HW, checked_size

FITS = ('auto', 'crop', 'stretch')
# Around a central crop, as probes and the published evaluations have it.
_MARGIN = 8 / 7
_DEFAULT = 224
# Names of transforms, without scope, that say how an image is made fit.
_RESIZES = {
    'Resize': 'scale',
    'ResizeEdge': 'scale',
    'ResizeImageFlow': 'short_size',
    'ResizeCropImageFlow': 'short_size',
    'ResizeView': 'size',
}
_CROPS = {
    'CenterCrop': 'crop_size',
    'CropImageFlow': 'size',
    'CropView': 'size',
    'ResizeCropImageFlow': 'size',
}


@dataclass(frozen=True)
class ImageFit:
    """Resizes an image, then cuts its centre out.

    Attributes:
        size: Height and width of the result; None: as the image is.
        short: The shorter side becomes this long before the cut, px; None:
            no cut, the whole image is stretched to ``size``.

    Example:
        >>> image = np.zeros((90, 60, 3), np.uint8)
        >>> (
        ...     ImageFit((64, 32))(image).shape,
        ...     ImageFit((28, 28), 32)(image).shape,
        ... )
        ((64, 32, 3), (28, 28, 3))
    """

    size: HW | None
    short: int | None = None

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the image as the network sees it.

        Args:
            image: (H, W, 3) uint8.

        Returns:
            (h, w, 3) uint8.
        """
        if self.size is None:
            return image
        if self.short is None:
            return resize_view(image, self.size)
        image = resize_view(image, self._covering(image.shape[:2], self.short))
        (h, w), (high, wide) = self.size, image.shape[:2]
        top, left = round((high - h) / 2), round((wide - w) / 2)
        return np.ascontiguousarray(image[top : top + h, left : left + w])

    def text(self) -> str:
        """Return what is done, in words."""
        if self.size is None:
            return 'as the images are'
        name = f'{self.size[0]} x {self.size[1]} px'
        if self.short is None:
            return f'the whole image stretched to {name}'
        return f'the centre, {name}, of a shorter side of {self.short} px'

    def _covering(self, hw: Sequence[int], short: int) -> HW:
        """Return the size before the cut: no smaller than ``size``."""
        high, wide = shorter_side_hw((hw[0], hw[1]), short)
        h, w = self.size or (0, 0)
        scale = max(h / high, w / wide)
        if scale > 1:  # long and thin windows
            high, wide = round(scale * high), round(scale * wide)
        return max(high, h), max(wide, w)


def choose_fit(
    config: Mapping[str, Any] | None,
    size: str | int | Sequence[int] | None = 'config',
    fit: str = 'auto',
) -> ImageFit:
    """Choose how images are made fit.

    Args:
        config: Of a training; None: none.
        size: ``'config'``: as the config's test or validation pipeline does
            it, else the size of its first view, else 224 px; a side or
            (height, width); None: images stay as they are.
        fit: ``'stretch'``: the whole image is resized, whatever its aspect;
            ``'crop'``: its centre is taken; ``'auto'``: squares are cut,
            other sizes (persons) are stretched, and what a config's pipeline
            says goes before.

    Returns:
        The fit.

    Raises:
        ValueError: Another size or fit.
    """
    if fit not in FITS:
        raise ValueError(f'fit must be one of {list(FITS)}, got {fit!r}')
    if size is None:
        return ImageFit(None)
    if size == 'config':
        found = _evaluated(config) or _trained(config)
        found = found or _fitted((_DEFAULT, _DEFAULT), 'auto')
        if fit == 'auto' or found.size is None:
            return found
        if fit == 'crop' and found.short is not None:
            return found
        return _fitted(found.size, fit)
    if isinstance(size, str):
        raise ValueError(
            "size must be 'config', None, a side in px or (height, width), "
            f'got {size!r}'
        )
    return _fitted(checked_size(size), fit)


def _fitted(size: HW, fit: str) -> ImageFit:
    """Return the fit to a size."""
    square = size[0] == size[1]
    if fit == 'stretch' or (fit == 'auto' and not square):
        return ImageFit(size)
    return ImageFit(size, round(_MARGIN * min(size)))


def _evaluated(config: Mapping[str, Any] | None) -> ImageFit | None:
    """Return what a config's pipeline of tests or validation does."""
    for split in ('test', 'val'):
        loader = (config or {}).get(f'{split}_dataloader') or {}
        pipeline = (loader.get('dataset') or {}).get('pipeline') or ()
        found = _of_steps(pipeline)
        if found is not None:
            return found
    return None


def _of_steps(pipeline: Iterable[Mapping[str, Any]]) -> ImageFit | None:
    """Return the fit that deterministic transforms make."""
    resized: Any = None
    for step in pipeline:
        kind = str(step.get('type')).split('.')[-1]
        if kind in _RESIZES:
            resized = step.get(_RESIZES[kind])
            if kind == 'Resize' and isinstance(resized, (list, tuple)):
                resized = tuple(resized)[::-1]  # mmcv: width, height
        if kind in _CROPS and step.get('mode', 'center') == 'center':
            size = checked_size(step[_CROPS[kind]])
            short = resized if isinstance(resized, int) else None
            return ImageFit(size, short or min(size))
    if isinstance(resized, (list, tuple)):
        return ImageFit(checked_size(resized))
    return None


def _trained(config: Mapping[str, Any] | None) -> ImageFit | None:
    """Return the fit to the first view that a config trains on."""
    loader = (config or {}).get('train_dataloader') or {}
    pipeline = (loader.get('dataset') or {}).get('pipeline') or ()
    for step in pipeline:
        for inner in (*step.get('views', ())[:1], [step]):
            for part in inner:
                size = part.get('size') or part.get('crop_size')
                if 'Crop' in str(part.get('type')) and size:
                    return _fitted(checked_size(size), 'auto')
    return None
