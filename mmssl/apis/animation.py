"""A video from one image: arrows say what moves, the network says how."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmssl.apis.motion_propagator import MotionPropagator
from mmssl.apis.user_images import UserImage, as_rgb
from mmssl.apis.working_size import Arrows, checked_arrows
from mmssl.flow.hole_filling import FILLS, background_of, fill_holes
from mmssl.flow.splatting import splat_nearest, splat_weighted
from mmssl.visualization.video_writer import write_animation

MOTIONS = ('grow', 'scale')
SPLATS = ('nearest', 'weighted')
# With less of a pixel landed, what is seen is a guess: a hole.
_MIN_COVERAGE = 0.2


def animate(
    propagator: MotionPropagator,
    image: UserImage,
    arrows: Arrows,
    output: str | Path | None = None,
    *,
    frames: int = 16,
    fps: float = 10,
    motion: str = 'grow',
    splat: str = 'weighted',
    fill: str = 'background',
    bounce: bool = False,
) -> NDArray[np.uint8]:
    """Let arrows move an image.

    Frame k of n shows the image moved by its flow for the arrows times
    k / (n - 1). Pixels are moved forward, the faster in front; ground that is
    left behind is filled.

    Source: Zhan et al. 2019 (CMP), guided video generation: flow is
    predicted and the image is warped by it; its code has the nearest splat
    and marks holes, no more.

    Args:
        propagator: The network.
        image: See :meth:`MotionPropagator.predict`.
        arrows: (x, y, dx, dy) in px of the image, at least one; (x, y, 0, 0)
            holds something in its place.
        output: Where to write, .mp4, .avi or .gif; None: nowhere.
        frames: Number of frames, the image itself included.
        fps: Frames per second.
        motion: ``'grow'`` asks the network for each frame, with grown arrows;
            ``'scale'`` asks once, and scales the flow: all goes straight.
        splat: ``'weighted'`` (see
            :func:`~mmssl.flow.splatting.splat_weighted`) or ``'nearest'``
            (published).
        fill: Holes are filled with the ``'background'``, painted where
            something moves; by ``'inpaint'`` from what is around them; or by
            ``'none'``: they stay black.
        bounce: Go back to the start the same way, so that it can be looped.

    Returns:
        (frames, H, W, 3) uint8 RGB; 2 frames - 2 with ``bounce``.

    Raises:
        ValueError: No arrow, fewer than two frames, or an unknown choice; or
            as :meth:`MotionPropagator.predict` and
            :func:`~mmssl.visualization.video_writer.write_animation`.
    """
    for name, value, known in (
        ('motion', motion, MOTIONS),
        ('splat', splat, SPLATS),
        ('fill', fill, FILLS),
    ):
        if value not in known:
            raise ValueError(
                f'{name} must be one of {list(known)}, got {value!r}'
            )
    if frames < 2:
        raise ValueError(f'a video has at least 2 frames, got {frames}')
    picture = as_rgb(image)
    flows = _flows(propagator, picture, arrows, frames, motion)
    background = background_of(picture, flows[-1])
    shown = [picture] + [
        warp(picture, flow, splat, fill, background) for flow in flows
    ]
    if bounce:
        shown += shown[-2:0:-1]
    video = np.stack(shown)
    if output is not None:
        write_animation(list(video), output, fps)
    return video


def warp(
    image: NDArray[np.uint8],
    flow: NDArray[np.float32],
    splat: str = 'weighted',
    fill: str = 'background',
    background: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Move an image along its flow.

    Args:
        image: (H, W, 3) uint8.
        flow: (H, W, 2) px.
        splat: See :func:`animate`.
        fill: See :func:`animate`.
        background: What ``fill='background'`` shows; None: made here.

    Returns:
        (H, W, 3) uint8.
    """
    if splat == 'nearest':
        warped, hole = splat_nearest(image, flow)
    else:
        blend, coverage = splat_weighted(image, flow)
        hole = coverage < _MIN_COVERAGE
        warped = np.rint(blend).astype(np.uint8)
        warped[hole] = 0
    if fill == 'none':
        return warped
    if fill == 'inpaint':
        return fill_holes(warped, hole)
    if background is None:
        background = background_of(image, flow)
    return fill_holes(warped, hole, background)


def _flows(
    propagator: MotionPropagator,
    image: NDArray[np.uint8],
    arrows: Arrows,
    frames: int,
    motion: str,
) -> Sequence[NDArray[np.float32]]:
    """Return the flow of each frame but the first."""
    table = checked_arrows(arrows, (image.shape[0], image.shape[1]))
    if not len(table):
        raise ValueError('a guided video needs at least one arrow, got none')
    shares = np.arange(1, frames) / (frames - 1)
    if motion == 'scale':
        flow = propagator.predict([image], [table])[0]
        return [np.float32(share) * flow for share in shares]
    grown = [table * (1, 1, share, share) for share in shares]
    return list(propagator.predict([image] * len(grown), grown))
