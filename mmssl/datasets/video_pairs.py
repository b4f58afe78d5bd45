"""Frame pairs decoded from videos, with flow computed on the fly."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from mmengine.logging import print_log

from mmssl.datasets.drawn_dataset import DrawnDataset
from mmssl.datasets.reader_cache import ReaderCache
from mmssl.flow.checks import mean_motion
from mmssl.flow.estimators import FlowEstimator, build_estimator
from mmssl.flow.frames import shrink
from mmssl.io.video_sources import find_sources
from mmssl.io.videos import VideoError, open_video
from mmssl.registry import DATASETS


class _Pair(NamedTuple):
    """A pair that was read, and how much moves in it (px)."""

    img: np.ndarray
    flow: np.ndarray
    path: str
    frame: int
    stride: int
    motion: float


@DATASETS.register_module()
class VideoPairDataset(DrawnDataset):
    """Random frame pairs of videos; needs no precomputed flow.

    A sample is a frame, and the flow from it to the frame ``stride`` later,
    which the worker computes. Which pair a sample is depends on its draw
    alone. A pair that cannot be read, whose frames differ in size, or that
    moves less than ``min_motion`` is replaced by a random one; after
    ``max_retries`` the pair with the most motion is taken. Replaced pairs
    are counted in ``num_refused`` (of this process).

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
        max_retries: Pairs tried in place of a refused one.
        seed: Seed of everything random.
        **kwargs: pipeline, metainfo, test_mode, lazy_init and max_refetch of
            :class:`mmengine.dataset.BaseDataset`.

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
        self.num_refused = 0
        self._readers = ReaderCache()
        self._paths: list[str] = []
        self._ends = np.zeros(0, np.int64)
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
        counts = []
        refused = []
        for path in self.ann_file:
            for source in find_sources(path)[0]:
                count = self._count_pairs(source.path)
                if isinstance(count, str):
                    refused.append(count)
                else:
                    self._paths.append(source.path)
                    counts.append(count)
        told = '\n'.join(f'  {line}' for line in refused)
        if not counts:
            raise ValueError(f'no video has a pair of frames:\n{told}')
        if refused:
            print_log(
                f'{len(refused)} videos are left out:\n{told}',
                logger='current',
                level=logging.WARNING,
            )
        self._ends = np.cumsum(counts, dtype=np.int64)
        self._fully_initialized = True

    def get_data_info(self, idx: int) -> dict:
        """Return what is known of a sample before its draw.

        Args:
            idx: Index; negative counts from the end.

        Returns:
            sample_idx and source.

        Raises:
            IndexError: No such sample.
        """
        return dict(
            sample_idx=self.checked_index(idx),
            source=f'videos of {", ".join(self.ann_file[:3])}',
        )

    def __len__(self) -> int:
        """Return ``samples_per_epoch`` or the number of pairs."""
        self.full_init()
        return self.samples_per_epoch or int(self._ends[-1])

    def read_sample(self, results: dict) -> dict:
        """Decode a pair and compute its flow."""
        rng = results['rng']
        number = results['sample_idx']
        if self.samples_per_epoch is not None:
            number = int(rng.integers(self._ends[-1]))
        pair = self._acceptable_pair(number, rng)
        results.update(
            img=pair.img,
            flow=pair.flow,
            ori_shape=pair.img.shape[:2],
            img_shape=pair.img.shape[:2],
            img_path=f'{pair.path}#{pair.frame}',
            video_path=pair.path,
            frame_idx=pair.frame,
            frame_stride=pair.stride,
            source=f'{pair.path}, frame {pair.frame}',
        )
        return results

    def _acceptable_pair(self, number: int, rng: np.random.Generator) -> _Pair:
        """Read pair ``number``, or random ones until one will do."""
        best: _Pair | None = None
        failure: VideoError | None = None
        for _ in range(self.max_retries + 1):
            stride = int(rng.integers(self.strides[0], self.strides[1] + 1))
            try:
                pair = self._read_pair(number, stride)
            except VideoError as error:
                failure = error
            else:
                if pair.motion >= self.min_motion:
                    return pair
                if best is None or pair.motion > best.motion:
                    best = pair
            self.num_refused += 1
            number = int(rng.integers(self._ends[-1]))
        if best is None:
            raise VideoError(
                f'{self.max_retries + 1} pairs in a row cannot be read; the '
                f'last: {failure}'
            ) from failure
        return best

    def _read_pair(self, number: int, stride: int) -> _Pair:
        video = int(np.searchsorted(self._ends, number, side='right'))
        path = self._paths[video]
        frame = number - (int(self._ends[video - 1]) if video else 0)
        reader = self._readers.get(path)
        first = shrink(reader.read(frame), self.short_size)
        second = shrink(reader.read(frame + stride), self.short_size)
        if first.shape != second.shape:
            raise VideoError(
                f'{path}: frames {frame} and {frame + stride} differ in size: '
                f'{first.shape[:2]} and {second.shape[:2]}'
            )
        if self._flow_of is None:  # unpickled in a worker
            self._flow_of = build_estimator(**self.estimator)
        flow = self._flow_of(first, second)
        return _Pair(first, flow, path, frame, stride, mean_motion(flow))

    def _count_pairs(self, path: str) -> int | str:
        """Return the number of pairs of a video, or why it has none."""
        try:
            with open_video(path) as reader:
                frames = len(reader)
        except VideoError as error:
            return str(error)
        if frames <= self.strides[1]:
            return f'{path}: {frames} frames, stride {self.strides[1]}'
        return frames - self.strides[1]

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
