"""Frame pairs decoded from videos, with flow computed on the fly."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from mmengine.logging import print_log

from mmssl.datasets.drawn_dataset import DrawnDataset
from mmssl.datasets.video_pool import FramePair, VideoPool
from mmssl.flow.checks import mean_motion
from mmssl.flow.estimators import FlowEstimator, build_estimator
from mmssl.io.errors import VideoError
from mmssl.registry import DATASETS


class _Candidate(NamedTuple):
    """A pair with its flow, and how much moves in it (px)."""

    pair: FramePair
    stride: int
    flow: np.ndarray
    motion: float


@DATASETS.register_module()
class VideoPairDataset(DrawnDataset):
    """Random frame pairs of videos; needs no precomputed flow.

    A sample is a frame, and the flow from it to the frame ``stride`` later,
    which the worker computes. Which pair a sample is depends on its draw
    alone. A pair that moves less than ``min_motion`` is replaced by a random
    one; after ``max_retries`` the pair with the most motion is taken. Those
    replaced are counted in ``num_refused`` (of this process). A pair that
    cannot be read, or whose frames differ in size, is bad data and replaced
    as such.

    Keys of a sample: img (H, W, 3) uint8 RGB, flow (H, W, 2) float32 px,
    img_shape, ori_shape, img_path ("VIDEO#FRAME"), video_path, frame_idx,
    frame_stride, source, sample_idx, rng. So no loading transforms.

    Args:
        videos: A folder that is searched for videos and frame folders, or a
            sequence of files and folders, relative to ``data_root``.
        data_root: Folder that relative paths start from.
        estimator: Name of the flow method, or ``dict(name=..., **options)``
            of :func:`mmssl.flow.estimators.build_estimator`.
        stride: Frames between the two of a pair; (low, high) draws it from
            low..high, both included.
        short_size: Shrink frames to this shorter side before anything else;
            image and flow then have that size. None: as decoded.
        samples_per_epoch: Length; each sample is then a random pair. None:
            the number of pairs; each sample is then a certain one.
        min_motion: Least mean length of flow in px.
        max_retries: Pairs tried in place of a still one.
        seed: Seed of everything random.
        **kwargs: pipeline, unreadable, max_refetch, metainfo, test_mode and
            lazy_init of :class:`~mmssl.datasets.drawn_dataset.DrawnDataset`.

    Raises:
        FileNotFoundError: A folder or file is missing, or holds no videos.
        ValueError: No video has a pair, or an argument is out of range.
    """

    METAINFO = dict(dataset_type='video_pairs', task_name='flow')

    def __init__(
        self,
        videos: str | Sequence[str],
        data_root: str = '',
        estimator: str | Mapping[str, Any] = 'dis',
        stride: int | Sequence[int] = 1,
        short_size: int | None = None,
        samples_per_epoch: int | None = None,
        min_motion: float = 0.0,
        max_retries: int = 10,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if isinstance(estimator, str):
            estimator = dict(name=estimator)
        self.estimator = dict(estimator)
        self._flow_of: FlowEstimator | None = build_estimator(**self.estimator)
        self.strides = _stride_range(stride)
        self.short_size = short_size
        self.samples_per_epoch = samples_per_epoch
        self.min_motion = min_motion
        self.max_retries = max_retries
        length = 1 if samples_per_epoch is None else samples_per_epoch
        if length < 1 or max_retries < 0:
            raise ValueError(
                'samples_per_epoch must be >= 1 and max_retries >= 0, got '
                f'{samples_per_epoch} and {max_retries}'
            )
        if kwargs.pop('indices', None) is not None:
            raise TypeError(
                'VideoPairDataset has samples_per_epoch, no indices'
            )
        self.num_refused = 0
        self._kept: Sequence[int] | None = None
        super().__init__(
            seed=seed,
            ann_file=videos,
            data_root=data_root,
            data_prefix={},
            **kwargs,
        )

    def full_init(self) -> None:
        """Find the videos and count their frames; name those left out."""
        if self._fully_initialized:
            return
        self._pool = VideoPool(self.ann_file, self.strides[1], self.short_size)
        self.left_out = list(self._pool.left_out)
        if self.left_out:
            told = '\n'.join(f'  {line}' for line in self.left_out)
            print_log(
                f'{len(self.left_out)} videos are left out:\n{told}',
                logger='current',
                level=logging.WARNING,
            )
        self._fully_initialized = True
        self.leave_out_unreadable()

    def get_data_info(self, idx: int) -> dict:
        """Return what is known of a sample before its draw.

        Args:
            idx: Index; negative counts from the end.

        Returns:
            sample_idx and source.

        Raises:
            IndexError: No such sample.
        """
        sample_idx = self.checked_index(idx)
        if self._kept is not None:
            sample_idx = self._kept[sample_idx]
        return dict(
            sample_idx=sample_idx,
            source=f'videos of {", ".join(self.ann_file[:3])}',
        )

    def __len__(self) -> int:
        """Return ``samples_per_epoch`` or the number of pairs."""
        self.full_init()
        if self._kept is not None:
            return len(self._kept)
        return self.samples_per_epoch or len(self._pool)

    def keep_(self, indices: Sequence[int]) -> None:
        """Keep the samples at ``indices``; each stays what it is."""
        kept = self._kept
        self._kept = [
            int(i) if kept is None else kept[int(i)] for i in indices
        ]

    def read_sample(self, results: dict) -> dict:
        """Decode a pair and compute its flow."""
        rng = results['rng']
        number = results['sample_idx']
        if self.samples_per_epoch is not None:
            number = int(rng.integers(len(self._pool)))
        (img, _, path, frame), stride, flow, _ = self._acceptable(number, rng)
        results.update(
            img=img,
            flow=flow,
            ori_shape=img.shape[:2],
            img_shape=img.shape[:2],
            img_path=f'{path}#{frame}',
            video_path=path,
            frame_idx=frame,
            frame_stride=stride,
            source=f'{path}, frame {frame}',
        )
        return results

    def _acceptable(self, number: int, rng: np.random.Generator) -> _Candidate:
        """Read pair ``number``, or random ones until one moves enough."""
        best: _Candidate | None = None
        for attempt in range(self.max_retries + 1):
            if attempt:
                number = int(rng.integers(len(self._pool)))
            stride = int(rng.integers(self.strides[0], self.strides[1] + 1))
            found = self._read(number, stride)
            if found.motion >= self.min_motion:
                return found
            if best is None or found.motion > best.motion:
                best = found
            self.num_refused += 1
        if best is None:  # unreachable: max_retries is not negative
            raise RuntimeError('no pair was tried')
        return best

    def _read(self, number: int, stride: int) -> _Candidate:
        pair = self._pool.read(number, stride)
        if self._flow_of is None:  # unpickled in a worker
            self._flow_of = build_estimator(**self.estimator)
        height, width = pair.first.shape[:2]
        least = self._flow_of.min_size
        if min(height, width) < least:
            raise VideoError(
                pair.path,
                f'frames of {width} x {height} px; the flow method needs '
                f'{least} px',
            )
        flow = self._flow_of(pair.first, pair.second)
        return _Candidate(pair, stride, flow, mean_motion(flow))

    def _join_prefix(self) -> None:
        """Make ``ann_file`` a list of paths below ``data_root``."""
        paths = self.ann_file
        if isinstance(paths, (str, os.PathLike)):
            paths = [paths]
        root = os.fspath(self.data_root or '')
        self.ann_file = [os.path.join(root, path) for path in paths]

    def __getstate__(self) -> dict[str, Any]:
        # Engines of OpenCV cannot be pickled; a worker builds its own.
        return {**self.__dict__, '_flow_of': None}


def _stride_range(stride: int | Sequence[int]) -> tuple[int, int]:
    """Return (low, high), both included."""
    bounds = (stride, stride) if isinstance(stride, int) else tuple(stride)
    if len(bounds) != 2 or not 1 <= bounds[0] <= bounds[1]:
        raise ValueError(
            f'stride must be an int >= 1 or (low, high), got {stride!r}'
        )
    return bounds[0], bounds[1]
