"""Shards: files with the features of some hundred images, and their names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.checkpoints.atomic import replaced_atomically
from mmssl.utils.optional import require

FORMATS = ('npz', 'safetensors')
FOLDER = 'shards'
_HEADER = 'header'


class Shard(NamedTuple):
    """Features of a run of images.

    Attributes:
        first: Number of the first image of the run.
        images: How many images the run has, unreadable ones included.
        names: Of the rows, n paths below the folder of the images.
        unreadable: Name -> reason, of images without a row.
        pooled: (n, C), or (n, L, C) at L lambdas.
        dense: (n, C, h, w), or (n, L, C, h, w); None: not kept.
    """

    first: int
    images: int
    names: tuple[str, ...]
    unreadable: dict[str, str]
    pooled: NDArray
    dense: NDArray | None

    def header(self) -> dict[str, Any]:
        """Return what is not an array, as plain data."""
        return dict(
            first=self.first,
            images=self.images,
            names=[*self.names],
            unreadable=self.unreadable,
        )


def check_format(kind: str) -> str:
    """Return a format that can be written here.

    Raises:
        ValueError: There is no such format.
        ImportError: It needs a package that is missing.
    """
    if kind not in FORMATS:
        raise ValueError(
            f'format must be one of {list(FORMATS)}, got {kind!r}'
        )
    if kind == 'safetensors':
        require('safetensors', 'writing features as safetensors')
    return kind


def shard_path(out: str | Path, number: int, kind: str) -> Path:
    """Return the file of a shard.

    Example:
        >>> shard_path('out', 12, 'npz').as_posix()
        'out/shards/00012.npz'
    """
    return Path(out, FOLDER, f'{number:05d}.{kind}')


def write_shard(shard: Shard, path: str | Path) -> None:
    """Write a shard, whole or not at all; the suffix says the format.

    Raises:
        CheckpointWriteError: It could not be written (also an OSError).
    """
    arrays = dict(pooled=np.ascontiguousarray(shard.pooled))
    if shard.dense is not None:
        arrays['dense'] = np.ascontiguousarray(shard.dense)
    # ASCII only: names of files need not be valid Unicode.
    header = json.dumps(shard.header())
    with replaced_atomically(path) as stream:
        if Path(path).suffix == '.safetensors':
            tensors = require('safetensors.numpy', 'writing features')
            stream.write(tensors.save(arrays, metadata={_HEADER: header}))
        else:
            arrays[_HEADER] = np.frombuffer(header.encode(), np.uint8)
            np.savez(stream, **arrays)


def read_shard(path: str | Path, dense: bool = True) -> Shard:
    """Read a shard.

    Args:
        path: Its file.
        dense: Also read the maps.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or no shard.
    """
    header, arrays = _read(path, ('pooled', 'dense') if dense else ('pooled',))
    return _shard(header, arrays['pooled'], arrays.get('dense'))


def read_header(path: str | Path) -> Shard:
    """Read the names of a shard; its arrays are empty.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or no shard.
    """
    header, _ = _read(path, ())
    return _shard(header, np.empty((0, 0), np.float32), None)


def _shard(
    header: Mapping[str, Any], pooled: NDArray, dense: NDArray | None
) -> Shard:
    return Shard(
        int(header['first']),
        int(header['images']),
        tuple(header['names']),
        dict(header['unreadable']),
        pooled,
        dense,
    )


def _read(
    path: str | Path, wanted: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Return header and arrays of a file."""
    if not Path(path).is_file():
        raise FileNotFoundError(f'there is no shard {str(path)!r}')
    reader = _safetensors if Path(path).suffix == '.safetensors' else _npz
    try:
        return reader(path, wanted)
    except ImportError:
        raise
    except Exception as error:  # each format has errors of its own
        raise ValueError(
            f'{path} could not be read as a shard of features: '
            f'{type(error).__name__}: {error}'
        ) from error


def _safetensors(
    path: str | Path, wanted: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, NDArray]]:
    safetensors = require('safetensors', f'reading {path}')
    with safetensors.safe_open(path, 'np') as file:
        header = json.loads(file.metadata()[_HEADER])
        names = [*file.keys()]
        return header, {n: file.get_tensor(n) for n in names if n in wanted}


def _npz(
    path: str | Path, wanted: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, NDArray]]:
    with np.load(path, allow_pickle=False) as file:
        header = json.loads(file[_HEADER].tobytes())
        return header, {name: file[name] for name in file if name in wanted}
