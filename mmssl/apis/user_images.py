"""Whatever a user calls an image, as an RGB array."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

UserImage = Union[
    str, 'os.PathLike[str]', NDArray[np.uint8], Image.Image, torch.Tensor
]
# Modes of Pillow with more than 8 bits a channel: convert() would clip them.
_DEEP_MODES = ('I', 'F', 'I;16', 'I;16B', 'I;16L', 'I;16N')


def as_rgb(image: UserImage) -> NDArray[np.uint8]:
    """Return an image as 8-bit RGB, upright.

    Grey images get three equal channels; transparency is dropped, as in
    training. Files and Pillow images are turned as their EXIF tag asks, so
    that pixels are where a viewer shows them.

    Args:
        image: A path; a uint8 array (H, W, 3) RGB, (H, W, 4) RGBA, (H, W, 1)
            or (H, W) grey; a Pillow image; or a uint8 tensor (3, H, W),
            (4, H, W) or (1, H, W).

    Returns:
        (H, W, 3) uint8 RGB, contiguous; may share memory with the argument.

    Raises:
        FileNotFoundError: No such file.
        TypeError: Not an image, or numbers other than uint8.
        ValueError: A damaged file, more than 8 bits, or another shape.

    Example:
        >>> as_rgb(np.full((2, 3), 7, np.uint8)).shape
        (2, 3, 3)
    """
    if isinstance(image, (str, os.PathLike)):
        return _read(Path(image))
    if isinstance(image, Image.Image):
        return _from_pillow(image, 'the Pillow image')
    if isinstance(image, torch.Tensor):
        return _from_tensor(image)
    if isinstance(image, np.ndarray):
        return _from_array(image)
    raise TypeError(
        'an image must be a path, a numpy array, a Pillow image or a torch '
        f'tensor, got {type(image).__name__}'
    )


def as_batch(images: UserImage | Sequence[UserImage]) -> list[Any] | None:
    """Return the images of a batch; None if it is a single image.

    Args:
        images: An image of :func:`as_rgb`; or a list or tuple of images, an
            array (N, H, W, C), or a tensor (N, C, H, W).

    Returns:
        The images, not converted yet.
    """
    if isinstance(images, (list, tuple)):
        return list(images)
    if isinstance(images, (np.ndarray, torch.Tensor)) and images.ndim == 4:
        return list(images)
    return None


def all_as_rgb(images: Sequence[UserImage]) -> list[NDArray[np.uint8]]:
    """Return images by :func:`as_rgb`; an error of several names its image.

    Args:
        images: Of any sizes.

    Raises:
        FileNotFoundError: No such file.
        TypeError: Not an image.
        ValueError: A damaged file or another shape.
    """
    arrays = []
    for i, image in enumerate(images):
        try:
            arrays.append(as_rgb(image))
        except (TypeError, ValueError) as error:
            if len(images) == 1:
                raise
            raise type(error)(f'image {i} of the batch: {error}') from None
    return arrays


def _read(path: Path) -> NDArray[np.uint8]:
    """Read a file; its name is in every message."""
    if not path.is_file():
        raise FileNotFoundError(f'there is no image {str(path)!r}')
    try:
        with Image.open(path) as image:
            return _from_pillow(image, str(path))
    except UnidentifiedImageError:
        raise ValueError(f'{path}: not a readable image') from None
    except (OSError, SyntaxError) as error:
        raise ValueError(f'{path}: damaged image ({error})') from error


def _from_pillow(image: Image.Image, name: str) -> NDArray[np.uint8]:
    if image.mode in _DEEP_MODES:
        raise ValueError(
            f'{name} has mode {image.mode!r}, more than 8 bits for a pixel: '
            'scale it to 0 .. 255 and pass a uint8 array'
        )
    upright = ImageOps.exif_transpose(image)
    return np.array((upright or image).convert('RGB'))


def _from_tensor(image: torch.Tensor) -> NDArray[np.uint8]:
    if image.ndim != 3 or image.shape[0] not in (1, 3, 4):
        raise ValueError(
            'an image tensor must be (3, H, W), (4, H, W) or (1, H, W), got '
            f'{tuple(image.shape)}'
        )
    return _from_array(image.detach().cpu().permute(1, 2, 0).numpy())


def _from_array(image: NDArray[Any]) -> NDArray[np.uint8]:
    if image.dtype != np.uint8:
        raise TypeError(
            f'an image array must be uint8, 0 .. 255, got {image.dtype}'
        )
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or not image.size:
        raise ValueError(
            'an image array must be (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) '
            f'grey, not empty, got {image.shape}'
        )
    if image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    return np.ascontiguousarray(image[..., :3])
