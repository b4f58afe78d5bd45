"""Position tables of a file, resized to a network's windows and patches.

Swin's relative position tables have one row for each offset in a window, a
ViT's position embedding one for each patch. Both are interpolated
(bicubically) where a network has other windows, or images of another size;
everything else fits as it is. What was resized is said in the load report.

Source: published SOLIDER, ``swin_transformer.py``, and the Swins of mmdet and
    mmseg (tables); published DINO and mmpretrain (position embeddings).
Deviates: mmpretrain spaces tables geometrically by a function that SciPy no
    longer has; DINO adds 0.1 to sizes against a fault of older PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.pickle_globals import CheckpointError

TABLE = 'relative_position_bias_table'
INDEX = 'relative_position_index'
_EMBEDDINGS = ('pos_embed', 'absolute_pos_embed')


@dataclass(frozen=True)
class Resized:
    """Tensors that were interpolated.

    Args:
        what: For people.
        names: Of the tensors.
        old: Rows and columns in the file.
        new: Rows and columns in the network.
    """

    what: str
    names: tuple[str, ...]
    old: tuple[int, int]
    new: tuple[int, int]

    def __str__(self) -> str:
        old, new = (f'{h}x{w}' for h, w in (self.old, self.new))
        return f'{len(self.names)} {self.what} {old} -> {new}, bicubic'


def resize_table(table: Tensor, window: int) -> Tensor:
    """Interpolate a relative position table to another window.

    Args:
        table: ((2a - 1)^2, heads) of windows of a x a.
        window: The new b.

    Returns:
        ((2b - 1)^2, heads), in the table's dtype.

    Example:
        >>> resize_table(torch.ones(169, 3), 12).shape
        torch.Size([529, 3])
    """
    old, new = isqrt(len(table)), 2 * window - 1
    maps = table.T.reshape(1, -1, old, old)
    return _interpolate(maps, (new, new))[0].flatten(1).T.contiguous()


def resize_embedding(
    embedding: Tensor, old: Sequence[int], new: Sequence[int], extra: int
) -> Tensor:
    """Interpolate a position embedding to another number of patches.

    Args:
        embedding: (1, extra + old rows * old columns, C).
        old: Rows and columns of patches.
        new: The same, wanted.
        extra: Tokens in front that are no patches; they stay.

    Returns:
        (1, extra + new rows * new columns, C).

    Example:
        >>> resize_embedding(torch.ones(1, 5, 8), (2, 2), (4, 3), 1).shape
        torch.Size([1, 13, 8])
    """
    first, patches = embedding[:, :extra], embedding[:, extra:]
    maps = patches.transpose(1, 2).reshape(1, -1, *old)
    grown = _interpolate(maps, new).flatten(2).transpose(1, 2)
    return torch.cat([first, grown], dim=1).contiguous()


def _interpolate(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate in float32 and give back the kind of number."""
    size = (int(size[0]), int(size[1]))
    new = F.interpolate(
        maps.float(), size=size, mode='bicubic', align_corners=False
    )
    return new.to(maps.dtype)


def relative_position_index(window: int) -> Tensor:
    """Return which row of the table each pair of a window's cells has.

    Args:
        window: Its side.

    Returns:
        (window^2, window^2), int64.

    Example:
        >>> relative_position_index(2)[0]
        tensor([4, 3, 1, 0])
    """
    row, column = torch.meshgrid(
        torch.arange(window), torch.arange(window), indexing='ij'
    )
    row, column = row.flatten(), column.flatten()
    down = row[:, None] - row[None] + window - 1
    right = column[:, None] - column[None] + window - 1
    return down * (2 * window - 1) + right


def fit_positions(
    state: Mapping[str, Tensor],
    model: nn.Module,
    grid: Sequence[int] | None = None,
) -> tuple[dict[str, Tensor], tuple[Resized, ...]]:
    """Resize the position tables of a file to those of a model.

    Args:
        state: Tensors by the model's names; not changed.
        model: Says what is wanted.
        grid: Rows and columns of patches that the file's position embedding
            was trained with; by default a square, or the model's ratio.

    Returns:
        The state dict to load, and what was resized in it.

    Raises:
        CheckpointError: The grid of a position embedding is not known.
    """
    state, wanted = dict(state), model.state_dict()
    found = []
    for name, mine in wanted.items():
        theirs = state.get(name)
        if theirs is None or theirs.shape == mine.shape:
            continue
        last = name.rpartition('.')[2]
        if last == TABLE and _is_table(theirs) and _is_table(mine):
            window = (isqrt(len(mine)) + 1) // 2
            if theirs.shape[1] != mine.shape[1]:
                continue  # other heads: another network
            state[name] = resize_table(theirs, window)
            found.append(_resized_table(name, theirs, mine))
            _replace_index(state, wanted, name.replace(TABLE, INDEX))
        elif last in _EMBEDDINGS and theirs.shape[::2] == mine.shape[::2]:
            new, extra = _grid_of(model, name)
            old = _old_grid(theirs.shape[1] - extra, new, grid, name)
            state[name] = resize_embedding(theirs, old, new, extra)
            found.append(Resized('position embedding', (name,), old, new))
    return state, _grouped(found)


def grid_of(
    checkpoint: Mapping[str, Any], backbone: Mapping[str, Any] | None = None
) -> tuple[int, int] | None:
    """Return the patches that a checkpoint's ViT was trained with.

    Args:
        checkpoint: What the file holds; its ``meta`` has ``position_grid``
            (an export) or the text of the config.
        backbone: Config of the ViT, which counts more.

    Returns:
        Rows and columns, or None where it does not say.
    """
    meta = checkpoint.get('meta')
    saved = meta.get('position_grid') if isinstance(meta, Mapping) else None
    if (
        backbone is None
        and isinstance(saved, (list, tuple))
        and len(saved) == 2
    ):
        return int(saved[0]), int(saved[1])
    model = config_in_meta(checkpoint)
    if backbone is None and isinstance(model, Mapping):
        backbone = model.get('backbone')
    if not isinstance(backbone, Mapping) or 'img_size' not in backbone:
        return None
    size, patch = backbone['img_size'], backbone.get('patch_size', 16)
    if not isinstance(patch, int):
        return None
    height, width = (size, size) if isinstance(size, int) else size
    return height // patch, width // patch


def _is_table(tensor: Tensor) -> bool:
    """Whether rows are those of a square window."""
    side = isqrt(len(tensor))
    return tensor.ndim == 2 and side * side == len(tensor) and side % 2 == 1


def _resized_table(name: str, old: Tensor, new: Tensor) -> Resized:
    sides = isqrt(len(old)), isqrt(len(new))
    windows = ' -> '.join(str((side + 1) // 2) for side in sides)
    return Resized(
        f'relative position tables (window {windows})',
        (name,),
        (sides[0], sides[0]),
        (sides[1], sides[1]),
    )


def _replace_index(
    state: dict[str, Tensor], wanted: Mapping[str, Tensor], name: str
) -> None:
    """Take the model's own index, a constant of the window."""
    if name in wanted:
        state[name] = wanted[name]
    else:
        state.pop(name, None)


def _grid_of(model: nn.Module, name: str) -> tuple[tuple[int, int], int]:
    """Return a model's grid of patches, and its tokens that are none."""
    owner: Any = model.get_submodule(name.rpartition('.')[0])
    embedding = owner.get_parameter(name.rpartition('.')[2])
    height, width = owner.patch_resolution
    return (height, width), embedding.shape[1] - height * width


def _old_grid(
    patches: int,
    new: tuple[int, int],
    grid: Sequence[int] | None,
    name: str,
) -> tuple[int, int]:
    """Return the rows and columns of a file's patches."""
    if grid is not None and grid[0] * grid[1] == patches:
        return grid[0], grid[1]
    side = isqrt(max(patches, 0))
    if side * side == patches:
        return side, side
    rows = isqrt(max(patches, 0) * new[0] // new[1])
    if rows and rows * rows * new[1] == patches * new[0]:
        return rows, patches // rows
    raise CheckpointError(
        f'{name} of the file has {patches} patches, which form neither a '
        f"square nor the model's ratio {new[0]}x{new[1]}, and the file does "
        'not say how they lie: build the model with the img_size that the '
        'file was trained with'
    )


def _grouped(found: Sequence[Resized]) -> tuple[Resized, ...]:
    """Put tensors of one kind and size together."""
    groups: dict[tuple, list[str]] = {}
    for one in found:
        key = (one.what, one.old, one.new)
        groups.setdefault(key, []).extend(one.names)
    return tuple(
        Resized(what, tuple(names), old, new)
        for (what, old, new), names in groups.items()
    )
