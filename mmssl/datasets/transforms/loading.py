"""Loading images and flow named by a sample."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Callable

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.io.errors import DataFileError
from mmssl.io.file_bytes import Retry
from mmssl.io.flow_files import read_flow
from mmssl.io.images import read_rgb
from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadImageRGB(BaseTransform):
    """Load the image as 8-bit RGB.

    Required keys: img_path (and target_img_path if ``load_target``); source,
    if there, is named in errors.

    Added keys: img (H, W, 3) uint8, ori_shape and img_shape (h, w), and
    target_img if ``load_target``.

    Source: the published CMP's ``dataset.py``.
    Deviates: the second image of a pair is not loaded by default; the
    published code loads it (``rgb_target``) and uses it nowhere.

    Args:
        load_target: Load the second image too.
        retry: How a failing disk or network is asked again:
            ``dict(times=3, wait_s=0.1)``, the wait doubles each time.
        reduce_to: Decode jpgs at 1/2, 1/4 or 1/8 of their size, as small as
            leaves the shorter side this many px; what follows sees the small
            image as the original. None: whole. Not for images with flow.

    Raises:
        DataFileError: The file is missing, not a whole image, or of another
            size than the flow; names it and its list line.
        ValueError: ``reduce_to`` is below 1.
    """

    def __init__(
        self,
        load_target: bool = False,
        retry: Mapping[str, Any] | None = None,
        reduce_to: int | None = None,
    ) -> None:
        if reduce_to is not None and reduce_to < 1:
            raise ValueError(
                'reduce_to must be a length in px, at least 1, or None; got '
                f'{reduce_to}'
            )
        self.load_target = load_target
        self.retry = Retry(**(retry or {}))
        self.reduce_to = reduce_to

    def transform(self, results: dict) -> dict:
        """Add the image."""
        img = self._read(results, results['img_path'])
        results['img'] = img
        results['ori_shape'] = results['img_shape'] = img.shape[:2]
        if self.load_target:
            results['target_img'] = self._read(
                results, results['target_img_path']
            )
        check_equal_sizes(results)
        return results

    def _read(self, results: dict, path: str) -> np.ndarray:
        reader = functools.partial(read_rgb, reduce_to=self.reduce_to)
        return _read(results, reader, path, self.retry)


@TRANSFORMS.register_module()
class LoadFlow(BaseTransform):
    """Load flow from a ``.flo`` file or a pair of jpgs.

    Required keys: flow_path (one path or two); source, if there, is named in
    errors.

    Added keys: flow (H, W, 2) float32, px.

    Args:
        retry: As of :class:`LoadImageRGB`.

    Raises:
        DataFileError: A missing or damaged file, or flow of another size
            than the image; names it and its list line.
    """

    def __init__(self, retry: Mapping[str, Any] | None = None) -> None:
        self.retry = Retry(**(retry or {}))

    def transform(self, results: dict) -> dict:
        """Add the flow."""
        results['flow'] = _read(
            results, read_flow, results['flow_path'], self.retry
        )
        check_equal_sizes(results)
        return results


def check_equal_sizes(results: dict) -> None:
    """Check that what is loaded so far has one size.

    Args:
        results: May hold img, target_img and flow.

    Raises:
        DataFileError: Sizes differ; names the files and both sizes.
    """
    names = {'img': 'img_path', 'target_img': 'target_img_path'}
    names['flow'] = 'flow_path'
    loaded = [key for key in names if key in results]
    shapes = {results[key].shape[:2] for key in loaded}
    if len(shapes) > 1:
        paths = {key: _name(results.get(names[key])) for key in loaded}
        told = '; '.join(
            '{} {} is {} x {}'.format(key, path, *results[key].shape[:2])
            for key, path in paths.items()
        )
        raise DataFileError(
            paths[loaded[-1]],
            f'image and flow differ in size (height x width): {told}',
            results.get('source'),
        )


def _read(
    results: dict,
    reader: Callable[..., np.ndarray],
    path: str | Sequence[str],
    retry: Retry,
) -> np.ndarray:
    """Read a file; its error says which line of which list asked for it."""
    try:
        return reader(path, retry=retry)
    except DataFileError as error:
        raise error.named_by(results.get('source')) from error


def _name(path: str | Sequence[str] | None) -> str:
    if path is None or isinstance(path, str):
        return str(path)
    return ' + '.join(str(part) for part in path)
