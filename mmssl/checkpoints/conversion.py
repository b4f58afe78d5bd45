"""What a converter of published checkpoints returns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from torch import Tensor

# What wrappers for several GPUs put before every name.
WRAPPER = 'module.'


class Conversion(NamedTuple):
    """A published checkpoint in mmssl's names.

    Attributes:
        state_dict: our key -> tensor; the tensors are unchanged.
        renamed: published key -> our key, for every tensor.
        dropped: published entry -> why it has no place here.
        meta: plain facts about the file; the converter lists them.
        method: pretraining method, as people write it: 'CMP', 'SCRL'.
        summary: what it was, in one line.
        notes: what a user has to know besides, one sentence each.
    """

    state_dict: dict[str, Tensor]
    renamed: dict[str, str]
    dropped: dict[str, str]
    meta: dict[str, Any]
    method: str
    summary: str
    notes: tuple[str, ...] = ()


def without_wrapper(key: str) -> str:
    """Return a key without the ``'module.'`` of a wrapped network.

    Example:
        >>> without_wrapper('module.conv1.weight')
        'conv1.weight'
    """
    return key[len(WRAPPER) :] if key.startswith(WRAPPER) else key


def refuse_unknown(unknown: Iterable[str], where: str) -> None:
    """Refuse keys that have no place.

    Args:
        unknown: The keys.
        where: What has no place for them.

    Raises:
        ValueError: There are some; the first five are listed.

    Example:
        >>> refuse_unknown([], 'CMP')
    """
    unknown = sorted(unknown)
    if unknown:
        raise ValueError(
            f'{len(unknown)} keys have no place in {where}: '
            + ', '.join(unknown[:5])
            + (', ...' if len(unknown) > 5 else '')
        )
