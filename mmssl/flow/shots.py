"""Split videos at their scene cuts, so that each shot is a video of its own.

Training and validation are split by video. Someone with one long film (or
three short ones) has no validation that way; with its shots there is.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from mmssl.flow.checks import FrameSignature, cut_score, frame_signature
from mmssl.flow.frames import shrink
from mmssl.io.flow_jpg import write_jpg
from mmssl.io.video_sources import find_sources
from mmssl.io.videos import PathLike, VideoError, VideoReader, open_video


def shot_numbers(
    frames: Iterable[np.ndarray], scene_cut: float = 0.4
) -> Iterator[int]:
    """Number the shot of each frame, from 0.

    A frame begins a new shot where ``cut_score`` to the frame before is
    larger than ``scene_cut``.

    Args:
        frames: (H, W, 3) uint8 each, all RGB or all BGR.
        scene_cut: Score above which two neighbours are two scenes.

    Yields:
        The number of the shot, one for each frame.

    Example:
        >>> dark = np.zeros((64, 64, 3), np.uint8)
        >>> light = np.random.default_rng(0).integers(
        ...     200, 255, (64, 64, 3), np.uint8
        ... )
        >>> list(shot_numbers([dark, dark, light, light]))
        [0, 0, 1, 1]
    """
    number = 0
    before: FrameSignature | None = None
    for frame in frames:
        signature = frame_signature(frame)
        if before is not None and cut_score(before, signature) > scene_cut:
            number += 1
        before = signature
        yield number


def split_shots(
    root: PathLike,
    out: PathLike,
    *,
    scene_cut: float = 0.4,
    min_frames: int = 2,
    short_size: int | None = None,
    quality: int = 95,
    report: Callable[[str], None] = print,
) -> list[Path]:
    """Write each shot of each video below ``root`` as a folder of frames.

    ``OUT/<video>/shot_000/000000.jpg``; a video's folder appears when it is
    complete, and one that is there is not written again.

    Args:
        root: Folder with videos or frame folders, or one video.
        out: Folder to write to.
        scene_cut: Score above which two neighbours are two scenes.
        min_frames: Shots with fewer frames are left out, and counted.
        short_size: Shrink frames to this shorter side, px.
        quality: jpg quality, 1..100.
        report: Takes one sentence for each video.

    Returns:
        The folders of all shots, sorted.

    Raises:
        FileNotFoundError: No videos below ``root``.
        ValueError: ``min_frames`` < 1.
    """
    if min_frames < 1:
        raise ValueError(f'min_frames must be at least 1, got {min_frames}')
    sources, _ = find_sources(root, exclude=[out])
    shots: list[Path] = []
    for source in sources:
        target = Path(out) / source.name
        if target.is_dir():
            report(f'{source.relative}: there already')
        else:
            partial = Path(out) / f'.{source.name}.partial'
            shutil.rmtree(partial, ignore_errors=True)
            try:
                with open_video(source.path) as reader:
                    _write_shots(
                        reader, partial, scene_cut, short_size, quality
                    )
            except VideoError as error:
                shutil.rmtree(partial, ignore_errors=True)
                report(f'skipped: {error}')
                continue
            dropped = _drop_short(partial, min_frames)
            os.replace(partial, target)
            report(_sentence(source.relative, target, dropped))
        shots += sorted(p for p in target.iterdir() if p.is_dir())
    return shots


def _write_shots(
    reader: VideoReader,
    folder: Path,
    scene_cut: float,
    short_size: int | None,
    quality: int,
) -> None:
    """Write every frame into the folder of its shot."""
    folder.mkdir(parents=True)
    frames, copies = itertools.tee(_readable(reader, short_size))
    counts: dict[int, int] = {}
    for frame, shot in zip(copies, shot_numbers(frames, scene_cut)):
        place = folder / f'shot_{shot:03d}'
        place.mkdir(exist_ok=True)
        index = counts.get(shot, 0)
        counts[shot] = index + 1
        write_jpg(frame, place / f'{index:06d}.jpg', quality)


def _readable(
    reader: VideoReader, short_size: int | None
) -> Iterator[np.ndarray]:
    """Yield BGR frames up to the first that cannot be read."""
    for index in range(len(reader)):
        try:
            frame = reader.read_bgr(index)
        except VideoError:
            if index == 0:
                raise
            return  # containers may declare more frames than they hold
        yield shrink(frame, short_size)


def _drop_short(folder: Path, min_frames: int) -> int:
    """Delete shots with fewer frames; return how many there were."""
    short = [
        shot for shot in folder.iterdir() if len(os.listdir(shot)) < min_frames
    ]
    for shot in short:
        shutil.rmtree(shot)
    return len(short)


def _sentence(relative: str, target: Path, dropped: int) -> str:
    """Say what came of one video."""
    shots = sorted(target.iterdir())
    frames = [len(os.listdir(shot)) for shot in shots]
    text = f'{relative}: {len(shots)} shots, {sum(frames)} frames'
    return text + (f', {dropped} too short' if dropped else '')
