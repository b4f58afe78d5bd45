"""Feature maps as tokens, and tokens before the last norm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mmpretrain.models import SwinTransformer, VisionTransformer
from torch import Tensor, nn


def last_map(outputs: Tensor | Sequence[Tensor]) -> Tensor:
    """Return the last map (N, C, h, w) of what a backbone gave.

    Raises:
        ValueError: there is none.
    """
    found = outputs if isinstance(outputs, Tensor) else outputs[-1]
    if found.dim() != 4:
        raise ValueError(
            'parts of a body need a feature map (N, C, h, w), the backbone '
            f"gives {tuple(found.shape)}: set backbone.out_type='featmap'"
        )
    return found


def tokens_of(maps: Tensor) -> Tensor:
    """Return the cells (N, h * w, C) of maps (N, C, h, w), row by row."""
    return maps.flatten(2).transpose(1, 2)


@contextmanager
def raw_tokens(backbone: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what goes into a backbone's last norm, while this lasts.

    Args:
        backbone: a Swin or vision transformer of mmpretrain, or a subclass.

    Yields:
        A list: of each forward pass the tokens (N, L, C) before the norm.
        Those of a vision transformer begin with its extra ones.

    Raises:
        ValueError: the backbone has no norm behind its last stage.
    """
    found: list[Tensor] = []

    def keep(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0])

    handle = last_norm(backbone).register_forward_pre_hook(keep)
    try:
        yield found
    finally:
        handle.remove()


def last_norm(backbone: Any) -> nn.Module:
    """Return the norm that gives a backbone's last map.

    Raises:
        ValueError: there is none, or it is not known.
    """
    if isinstance(backbone, SwinTransformer):
        return getattr(backbone, f'norm{max(backbone.out_indices)}')
    if isinstance(backbone, VisionTransformer) and backbone.final_norm:
        return backbone.ln1
    raise ValueError(
        "tokens='raw' takes features before the last norm of a Swin or a "
        f'vision transformer, {type(backbone).__name__} has none: set '
        "tokens='normed'"
    )


def raw_map(tokens: Tensor, like: Tensor) -> Tensor:
    """Give tokens the form of the map that was made of them.

    Args:
        tokens: (N, L, C) of :func:`raw_tokens`, extra ones first.
        like: (N, C, h, w).

    Returns:
        (N, C, h, w).
    """
    height, width = like.shape[-2:]
    cells = tokens[:, tokens.shape[1] - height * width :]
    return cells.transpose(1, 2).reshape(like.shape)
