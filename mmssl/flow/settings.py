"""What the extraction of flow from videos can be told."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mmssl.flow.estimators import FlowEstimator, build_estimator

FORMATS = ('flo', 'jpg')


@dataclass(frozen=True)
class ExtractionSettings:
    """Settings of :func:`mmssl.flow.extraction.extract_folder`.

    Args:
        method: Flow estimator, see
            :func:`mmssl.flow.estimators.build_estimator`.
        method_options: Its arguments, e.g. ``dict(preset='fast')``.
        format: 'jpg' (8-bit pair, the published format) or 'flo' (exact).
        stride: Frames between the two of a pair.
        step: Frames from one pair to the next.
        max_pairs: At most so many pairs of a video are looked at, spread
            evenly over it; None for all.
        short_size: Shrink frames to this shorter side in px before flow;
            never enlarges; None keeps the size.
        quality: jpg quality of frames and flow, 1..100.
        min_motion: Drop pairs with a smaller mean length of flow, in px.
        scene_cut: Drop pairs with a cut score above this; None keeps all.
        min_consistency: Drop pairs in which a smaller share of pixels
            passes the forward-backward test; None skips the test.
        allow_variable_rate: Use videos of variable frame rate.
        auto_rotate: Use videos with a rotation tag, turned as it asks.

    Raises:
        ValueError: A setting is out of range; TypeError: of a wrong type.
    """

    method: str = 'dis'
    method_options: dict[str, Any] = field(default_factory=dict)
    format: str = 'jpg'
    stride: int = 1
    step: int = 1
    max_pairs: int | None = None
    short_size: int | None = None
    quality: int = 95
    min_motion: float = 0.0
    scene_cut: float | None = 0.4
    min_consistency: float | None = None
    allow_variable_rate: bool = False
    auto_rotate: bool = False

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(
                f'unknown flow format {self.format!r}; valid: {list(FORMATS)}'
            )
        for name in ('stride', 'step', 'max_pairs', 'short_size'):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f'{name} must be at least 1, got {value}')
        if not 1 <= self.quality <= 100:
            raise ValueError(f'quality must be in 1..100, got {self.quality}')
        if self.min_motion < 0:
            raise ValueError(
                f'min_motion must not be negative, got {self.min_motion}'
            )
        if self.scene_cut is not None and self.scene_cut <= 0:
            raise ValueError(
                'scene_cut must be positive, or None to keep cuts, got '
                f'{self.scene_cut}'
            )
        share = self.min_consistency
        if share is not None and not 0 < share <= 1:
            raise ValueError(
                f'min_consistency is a share in (0, 1], got {share}'
            )

    def build_estimator(self) -> FlowEstimator:
        """Build the flow estimator that the settings name."""
        return build_estimator(self.method, **self.method_options)

    def pair_starts(self, num_frames: int) -> Sequence[int]:
        """First frames of the pairs of a video.

        Args:
            num_frames: Frames of the video.

        Returns:
            Ascending frame numbers; empty if the video is too short.

        Example:
            >>> list(ExtractionSettings(stride=2, step=3).pair_starts(10))
            [0, 3, 6]
            >>> list(ExtractionSettings(max_pairs=2).pair_starts(11))
            [2, 7]
        """
        starts = range(0, max(0, num_frames - self.stride), self.step)
        total, limit = len(starts), self.max_pairs
        if limit is None or total <= limit:
            return starts
        # The middles of ``limit`` equal parts.
        return [
            starts[(2 * i + 1) * total // (2 * limit)] for i in range(limit)
        ]

    def fingerprint(self) -> dict[str, Any]:
        """Return what decides the pixels of a video's output, as JSON data.

        The two ``allow`` switches are left out: they decide about whole
        videos, each of which records whether it needed them. Weights are
        named by content, so that a moved file is the same one.
        """
        values = asdict(self)
        del values['allow_variable_rate'], values['auto_rotate']
        options = dict(values['method_options'])
        options.pop('device', None)
        if options.get('weights') is not None:
            options['weights'] = _digest(options['weights'])
        return {**values, 'method_options': options}


def _digest(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file."""
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()
