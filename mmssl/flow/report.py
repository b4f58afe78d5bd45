"""What an extraction did: for people, and as ``summary.json``."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mmssl.flow.markers import Marker
from mmssl.flow.pairs import PairCounts
from mmssl.flow.probing import Probe
from mmssl.io.video_sources import VideoSource, output_name
from mmssl.io.videos import list_frames

_NAMED = 50  # videos named in the text; summary.json names all


@dataclass
class Skipped:
    """A video that was not used.

    Attributes:
        relative: Its path below the input folder.
        reason: One word: ``crashed``, ``empty``, ``failed``, ``one_frame``,
            ``rotated``, ``too_short``, ``too_small``, ``unreadable``,
            ``variable_rate``.
        detail: The same in words.
    """

    relative: str
    reason: str
    detail: str


@dataclass
class ExtractionReport:
    """Result of :func:`mmssl.flow.extraction.extract_folder`.

    Attributes:
        out: Output folder.
        markers: Videos that are finished, in the order of the lists.
        skipped: Videos that were not used.
        val: Paths of the videos for validation.
        resumed: Number of videos that an earlier run had finished.
        settings: Fingerprint of the settings.
        notes: What concerns no single video.
    """

    out: str
    markers: list[Marker]
    skipped: list[Skipped]
    val: set[str]
    resumed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def num_pairs(self, val: bool) -> int:
        """Number of pairs in ``val.txt``, or in ``train.txt``."""
        return sum(
            len(marker.kept)
            for marker in self.markers
            if (marker.relative in self.val) == val
        )

    def dropped(self) -> dict[str, int]:
        """Number of pairs that were dropped, by reason."""
        total: Counter[str] = Counter()
        for marker in self.markers:
            total.update(marker.dropped)
        return dict(sorted(total.items()))

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``summary.json``."""
        return {
            'train_pairs': self.num_pairs(val=False),
            'val_pairs': self.num_pairs(val=True),
            'dropped_pairs': self.dropped(),
            'settings': self.settings,
            'notes': self.notes,
            'skipped': [vars(skipped) for skipped in self.skipped],
            'videos': [self._video(marker) for marker in self.markers],
        }

    def text(self) -> str:
        """Return the summary in words, several lines."""
        lines = [
            f'{len(self.markers)} videos used '
            f'({self.resumed} of them from an earlier run): '
            f'{self.num_pairs(val=False)} pairs in train.txt, '
            f'{self.num_pairs(val=True)} in val.txt'
        ]
        dropped = [f'{n} {why}' for why, n in self.dropped().items()]
        if dropped:
            lines.append('dropped pairs: ' + ', '.join(dropped))
        clipped = sum(marker.clipped for marker in self.markers)
        if clipped:
            lines.append(
                f'{clipped} pairs have more than 1 % of flow beyond 50 px, '
                'which jpg cuts off: --format flo, a smaller --stride or a '
                '--short-size keep it'
            )
        lines += self.notes
        lines += _limited(
            f'{len(self.skipped)} videos skipped:',
            [f'{s.relative}: {s.reason}: {s.detail}' for s in self.skipped],
        )
        lines += _limited(
            'videos used in part:',
            [f'{m.relative}: {n}' for m in self.markers for n in m.notes],
        )
        text = '\n'.join(lines)
        # File names need not be valid Unicode.
        return text.encode('utf-8', 'backslashreplace').decode()

    def _video(self, marker: Marker) -> dict[str, Any]:
        return {
            'relative': marker.relative,
            'folder': f'pairs/{output_name(marker.relative)}',
            'split': 'val' if marker.relative in self.val else 'train',
            'frames': marker.frames,
            'pairs': len(marker.kept),
            'dropped': marker.dropped,
            'clipped': marker.clipped,
            'notes': marker.notes,
        }


def _limited(title: str, items: list[str]) -> list[str]:
    """Title and items as lines, not too many; nothing without items."""
    if not items:
        return []
    more = len(items) - _NAMED
    tail = [f'  and {more} more, see summary.json'] if more > 0 else []
    return [title, *(f'  {item}' for item in items[:_NAMED]), *tail]


def frame_notes(
    source: VideoSource, probe: Probe, counts: PairCounts
) -> list[str]:
    """Say which frames of a video are missing.

    Args:
        source: The video.
        probe: What the first look found.
        counts: What the extraction found.

    Returns:
        No or one sentence.
    """
    missing = sorted(counts.unreadable)
    if os.path.isdir(source.path):
        if not missing:
            return []
        files = list_frames(source.path)
        names = [files[i].name for i in missing[:5] if i < len(files)]
        return [f'{len(missing)} frames unreadable, e.g. {", ".join(names)}']
    readable = min([probe.frames, *missing])
    # Containers without an index state an estimate.
    if probe.declared - readable > max(1, probe.declared // 100):
        return [
            f'truncated: {readable} of {probe.declared} frames are readable'
        ]
    return []
