"""What an export makes of a backbone's tensors before it renames them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import NamedTuple

from torch import Tensor

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.merging_bias import without_merging_bias
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.position_resize import (
    INDEX,
    TABLE,
    Resized,
    relative_position_index,
    resize_embedding,
    resize_table,
)
from mmssl.checkpoints.semantic_fold import fold_semantic_weight


class Prepared(NamedTuple):
    """A backbone ready to be renamed.

    Attributes:
        state: Its tensors, by mm's names.
        architecture: What they are now.
        resized: What was interpolated.
        grid: Rows and columns of a ViT's patches, None if not known.
    """

    state: dict[str, Tensor]
    architecture: Architecture
    resized: tuple[Resized, ...]
    grid: tuple[int, int] | None


def prepare(
    state: Mapping[str, Tensor],
    *,
    layout: str = 'mm',
    semantic_weight: float | None = None,
    window_size: int | None = None,
    img_size: Sequence[int] | None = None,
    grid: tuple[int, int] | None = None,
) -> Prepared:
    """Fold lambda, and resize position tables, where that is asked for.

    Args:
        state: Tensors of an mm backbone, without a prefix; not changed.
        layout: Of the export. A folded Swin gets no bias in its patch
            merging, which only mmpretrain can have; in layout 'mm' the bias
            stays where the norm before it cannot take it.
        semantic_weight: Lambda to fold, in [0, 1].
        window_size: New side of a Swin's windows.
        img_size: New (h, w) in px of the images of a ViT.
        grid: The ViT's rows and columns of patches, if known.

    Returns:
        The result; the very same tensors where nothing was asked for.

    Raises:
        ValueError: Lambda out of range, a size that does not fit, or one
            that this backbone has not.
        CheckpointError: There is no lambda to fold; see
            :func:`~mmssl.checkpoints.semantic_fold.fold_semantic_weight`.
    """
    state = dict(state)
    if semantic_weight is not None:
        state = fold_semantic_weight(state, semantic_weight)
    state = _without_bias(state, layout)
    resized: tuple[Resized, ...] = ()
    if window_size is not None:
        state, resized = resize_windows(state, window_size)
    architecture = identify(state)
    grid = grid or architecture.options.get('grid')
    if img_size is not None:
        state, resized, grid = _resize_images(
            state, architecture, img_size, grid
        )
    if architecture.family == 'vit':
        architecture = identify(state)
        architecture.options['grid'] = grid
    return Prepared(state, architecture, resized, grid)


def resize_windows(
    state: Mapping[str, Tensor], window: int
) -> tuple[dict[str, Tensor], tuple[Resized, ...]]:
    """Interpolate all relative position tables of a Swin.

    Args:
        state: Its tensors, in mm's names; not changed.
        window: New side of its windows.

    Returns:
        The changed copy, with indices made anew, and what was resized.

    Raises:
        ValueError: The window is smaller than 2, or there are no tables.
    """
    if window < 2:
        raise ValueError(f'window_size must be >= 2, got {window}')
    tables = [name for name in state if name.endswith(TABLE)]
    if not tables:
        raise ValueError(
            f'window_size={window} was asked of a backbone without windows: '
            'it is for Swin'
        )
    state = dict(state)
    old = isqrt(len(state[tables[0]]))
    new = 2 * window - 1
    if old == new:
        return state, ()
    for name in tables:
        state[name] = resize_table(state[name], window)
        index = name.replace(TABLE, INDEX)
        if index in state:
            state[index] = relative_position_index(window)
    what = f'relative position tables (window {(old + 1) // 2} -> {window})'
    return state, (Resized(what, tuple(tables), (old, old), (new, new)),)


def _without_bias(state: dict[str, Tensor], layout: str) -> dict[str, Tensor]:
    """Move biases of patch merging into norms, if only mm can hold them."""
    try:
        return without_merging_bias(state)
    except CheckpointError:
        if layout != 'mm':
            raise
        return state


def _resize_images(
    state: dict[str, Tensor],
    architecture: Architecture,
    img_size: Sequence[int],
    grid: tuple[int, int] | None,
) -> tuple[dict[str, Tensor], tuple[Resized, ...], tuple[int, int]]:
    """Interpolate a ViT's position embedding."""
    height, width = img_size
    if architecture.family != 'vit':
        raise ValueError(
            f'img_size={height}x{width} was asked of {architecture.name}, '
            'which takes images of any size: it is for ViT'
        )
    patch = architecture.options['patch_size']
    if height % patch or width % patch or min(height, width) < patch:
        raise ValueError(
            f'img_size must be a multiple of the patches of {patch} px, got '
            f'{height}x{width}'
        )
    if grid is None:
        raise CheckpointError(
            f'the {architecture.options["tokens"]} patches of the position '
            'embedding form no square, and the checkpoint does not say how '
            'they lie: give the config that it was trained with'
        )
    new = (height // patch, width // patch)
    if new == grid:
        return state, (), new
    extra = int(architecture.options['with_cls_token'])
    embedding = resize_embedding(state['pos_embed'], grid, new, extra)
    one = Resized('position embedding', ('pos_embed',), grid, new)
    return dict(state, pos_embed=embedding), (one,), new
