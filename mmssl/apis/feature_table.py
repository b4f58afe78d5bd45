"""Reading features back that were written to a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmssl.apis.feature_shards import Shard, read_shard, shard_path

MANIFEST = 'manifest.json'
VERSION = 1


@dataclass(frozen=True)
class FeatureTable:
    """Features of many images, row by row in the order of their names.

    Attributes:
        names: Of the rows: M paths below the folder of the images.
        pooled: (M, C) float32, or (M, L, C) at L lambdas.
        dense: (M, C, h, w), or (M, L, C, h, w); None: not kept.
        semantic_weights: The L lambdas; None: one or none was asked for.
        unreadable: Name -> reason, of images without a row.
        settings: What the features were made with.
    """

    names: tuple[str, ...]
    pooled: NDArray
    dense: NDArray | None = None
    semantic_weights: tuple[float, ...] | None = None
    unreadable: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def at(self, semantic_weight: float) -> FeatureTable:
        """Return the features at one of several lambdas.

        Raises:
            ValueError: They were not made at this one.
        """
        known = self.semantic_weights or ()
        if semantic_weight not in known:
            raise ValueError(
                f'these features were made at lambda {list(known) or "-"}, '
                f'not at {semantic_weight!r}'
            )
        place = known.index(semantic_weight)
        return FeatureTable(
            self.names,
            self.pooled[:, place],
            None if self.dense is None else self.dense[:, place],
            None,
            self.unreadable,
            self.settings,
        )


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Read what a folder of features says of itself.

    Raises:
        FileNotFoundError: It has no manifest.
        ValueError: It is damaged, or of another version.
    """
    path = Path(folder, MANIFEST)
    if not path.is_file():
        raise FileNotFoundError(
            f'{str(folder)!r} holds no features: it has no {MANIFEST}'
        )
    try:
        manifest = json.loads(path.read_text('utf-8'))
        version = manifest['version']
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f'{path} is damaged: {error}') from error
    if version != VERSION:
        raise ValueError(
            f'{path} has version {version}, this mmssl reads {VERSION}'
        )
    return manifest


def iterate_features(
    folder: str | Path, dense: bool = True, partial: bool = False
) -> Iterator[FeatureTable]:
    """Yield the features of a folder shard by shard: bounded memory.

    Args:
        folder: Output of ``mmssl features``.
        dense: Also read the maps, if they were kept.
        partial: Also read a folder that is not finished.

    Raises:
        FileNotFoundError: No features there, or a shard is missing.
        ValueError: Not finished, or damaged.
    """
    for shard, manifest in _shards(folder, dense, partial):
        yield _table(
            shard.names,
            shard.pooled,
            shard.dense,
            shard.unreadable,
            manifest,
        )


def read_features(
    folder: str | Path, dense: bool = True, partial: bool = False
) -> FeatureTable:
    """Read all features of a folder into memory.

    Args:
        folder: Output of ``mmssl features``.
        dense: Also read the maps, if they were kept.
        partial: Also read a folder that is not finished.

    Returns:
        The table.

    Raises:
        FileNotFoundError: No features there, or a shard is missing.
        ValueError: Not finished, or damaged.
    """
    names: list[str] = []
    unreadable: dict[str, str] = {}
    pooled: list[NDArray] = []
    maps: list[NDArray] = []
    manifest = read_manifest(folder)
    for shard, _ in _shards(folder, dense, partial):
        names += shard.names
        unreadable.update(shard.unreadable)
        pooled.append(shard.pooled)
        if shard.dense is not None:
            maps.append(shard.dense)
    if not pooled:
        raise ValueError(f'{str(folder)!r} has no finished shard yet')
    return _table(
        tuple(names),
        _joined(pooled),
        _joined(maps) if maps else None,
        unreadable,
        manifest,
    )


def _joined(parts: list[NDArray]) -> NDArray:
    """Join arrays, each of which is let go when it is copied."""
    filled = [part for part in parts if len(part)] or parts[:1]
    rows = sum(len(part) for part in filled)
    whole = np.empty((rows, *filled[0].shape[1:]), filled[0].dtype)
    parts.clear()
    start = 0
    while filled:
        part = filled.pop(0)
        whole[start : start + len(part)] = part
        start += len(part)
    return whole


def _shards(
    folder: str | Path, dense: bool, partial: bool
) -> Iterator[tuple[Shard, dict[str, Any]]]:
    """Yield the shards that there are, with the manifest."""
    manifest = read_manifest(folder)
    if not manifest['complete'] and not partial:
        raise ValueError(
            f'the features in {str(folder)!r} are not finished: run the same '
            'mmssl features again, or read what there is with partial=True'
        )
    for number in range(manifest['num_shards']):
        path = shard_path(folder, number, manifest['settings']['format'])
        if path.is_file() or manifest['complete']:
            yield read_shard(path, dense), manifest


def _table(
    names: tuple[str, ...],
    pooled: NDArray,
    dense: NDArray | None,
    unreadable: dict[str, str],
    manifest: dict[str, Any],
) -> FeatureTable:
    settings = manifest['settings']
    weights = settings['semantic_weights']
    several = tuple(weights) if weights and len(weights) > 1 else None
    return FeatureTable(names, pooled, dense, several, unreadable, settings)
