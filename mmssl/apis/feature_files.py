"""The features of a large folder of images, written to disk."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from mmssl.apis.feature_extractor import FeatureExtractor
from mmssl.apis.feature_job import FeatureJob
from mmssl.apis.feature_settings import check_settings, feature_settings
from mmssl.apis.feature_shards import (
    FOLDER,
    Shard,
    check_format,
    read_header,
    shard_path,
    write_shard,
)
from mmssl.apis.feature_table import MANIFEST, VERSION, read_manifest
from mmssl.apis.user_images import as_rgb
from mmssl.checkpoints.atomic import remove_leftovers, write_text_atomically
from mmssl.datasets.fitted_images import FittedImages
from mmssl.datasets.image_sources import (
    ImageSource,
    ListedImages,
    SearchedImages,
)
from mmssl.flow.output_lock import OutputLock

_PATIENCE = 5.0  # s, for the workers of a killed run


@dataclass(frozen=True)
class FeatureFilesReport:
    """What :func:`write_features` did.

    Attributes:
        out: Output folder.
        images: All images.
        computed: Images of this run, unreadable ones included.
        unreadable: Name -> reason, of all runs.
        shards: Number of shards.
        damaged: Files of shards that had to be made again.
        left_out: What else the folder of the images holds, in words.
    """

    out: str
    images: int
    computed: int
    unreadable: dict[str, str]
    shards: int
    damaged: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def text(self, named: int = 20) -> str:
        """Return the report in words, several lines."""
        earlier = self.images - self.computed
        rows = self.images - len(self.unreadable)
        lines = [
            f'{self.out}: features of {rows} images in {self.shards} shards'
            + (f' ({earlier} images by an earlier run)' if earlier else '')
        ]
        lines += [f'left out: {line}' for line in self.left_out]
        lines += [f'damaged, made again: {name}' for name in self.damaged]
        if self.unreadable:
            lines.append(f'{len(self.unreadable)} images unreadable:')
            some = [*self.unreadable.items()][:named]
            lines += [f'  {name}: {why}' for name, why in some]
            more = len(self.unreadable) - len(some)
            lines += [f'  and {more} more, see {MANIFEST}'] * (more > 0)
        # File names need not be valid Unicode.
        text = '\n'.join(lines)
        return text.encode('utf-8', 'backslashreplace').decode()


def write_features(
    extractor: FeatureExtractor,
    images: str | Path,
    out: str | Path,
    *,
    lists: Sequence[str | Path] = (),
    kind: str = 'npz',
    dense: bool = False,
    dtype: str = 'float16',
    semantic_weights: Sequence[float] | None = None,
    shard_size: int | None = None,
    workers: int = 2,
    stream: TextIO | None = None,
) -> FeatureFilesReport:
    """Write the features of all images below a folder.

    The images go in the order of their names, a shard after the other. A
    shard appears whole or not at all: after a kill the same call goes on
    with the first that is missing. No more than one shard and a few batches
    are in memory.

    Args:
        extractor: Makes the features; its ``batch_size`` is used.
        images: Folder, searched with its sub-folders.
        out: Output folder, made if it is missing.
        lists: List files with paths below ``images``: these only.
        kind: 'npz' or 'safetensors'.
        dense: Also keep the maps.
        dtype: Of the maps: 'float16' or 'float32'; pooled features are
            float32.
        semantic_weights: Lambdas; several give each image as many rows.
            None: as the extractor was made.
        shard_size: Images of a shard; None: as many as make some 64 MB, or
            as an earlier run has chosen.
        workers: Processes that read images; 0: none but this one.
        stream: Where progress is shown; None for silence.

    Returns:
        What was done.

    Raises:
        FileNotFoundError: No such folder, or no image in it.
        ImportError: safetensors is asked for, and not installed.
        OSError: The output cannot be written, or another run writes there.
        ValueError: The output folder holds features of other images or
            settings, or an argument is out of range.
    """
    _check_counts(shard_size=shard_size, workers=workers)
    check_format(kind)
    job = FeatureJob(extractor, dense, dtype, semantic_weights)
    source = _find(images, lists)
    with OutputLock(str(out), _PATIENCE, (FOLDER,)):
        size = shard_size or _earlier_size(out) or job.shard_size()
        settings = dict(
            feature_settings(extractor, source, lists),
            format=kind,
            dense=dtype if dense else None,
            semantic_weights=job.weights,
            shard_size=size,
        )
        count = math.ceil(len(source) / size)
        paths = [shard_path(out, n, kind) for n in range(count)]
        manifest = _start(out, settings, count)
        done, damaged = _finished(paths)
        missing = [n for n in range(count) if n not in done]
        dataset = FittedImages(source, images, as_rgb, extractor.fit)
        for n, shard in job.run(dataset, missing, size, workers, stream):
            write_shard(shard, paths[n])
            done[n] = _Counts.of(shard)
        counts = [done[n] for n in range(count)]
        unreadable = _finish(out, manifest, paths, counts)
    return FeatureFilesReport(
        out=str(out),
        images=len(source),
        computed=sum(counts[n].images for n in missing),
        unreadable=unreadable,
        shards=count,
        damaged=damaged,
        left_out=tuple(source.left_out),
    )


class _Counts(NamedTuple):
    """What the manifest says of a shard."""

    first: int
    images: int
    rows: int
    unreadable: dict[str, str]

    @classmethod
    def of(cls, shard: Shard) -> _Counts:
        return cls(
            shard.first, shard.images, len(shard.names), shard.unreadable
        )


def _check_counts(shard_size: int | None, workers: int) -> None:
    if shard_size is not None and shard_size < 1:
        raise ValueError(f'shard_size must be >= 1, got {shard_size}')
    if workers < 0:
        raise ValueError(f'workers must be >= 0, got {workers}')


def _find(images: str | Path, lists: Sequence[str | Path]) -> ImageSource:
    """Return the names of the images."""
    if lists:
        return ListedImages([str(path) for path in lists])
    return SearchedImages(str(images))


def _earlier_size(out: str | Path) -> int | None:
    """Return the shard size that an earlier run has chosen."""
    if not Path(out, MANIFEST).is_file():
        return None
    return int(read_manifest(out)['settings']['shard_size'])


def _start(
    out: str | Path, settings: dict[str, Any], count: int
) -> dict[str, Any]:
    """Write the manifest of a run that begins, or goes on.

    Raises:
        ValueError: The folder holds something else.
    """
    for folder in (Path(out), Path(out, FOLDER)):
        remove_leftovers(folder)
    if Path(out, MANIFEST).is_file():
        check_settings(read_manifest(out)['settings'], settings, out)
    elif any(Path(out, FOLDER).glob('[0-9]*')):
        raise ValueError(
            f'{str(out)!r} holds shards, but no {MANIFEST}: take another '
            'folder, or delete this one'
        )
    manifest = dict(
        version=VERSION, complete=False, num_shards=count, settings=settings
    )
    _write(out, manifest)
    return manifest


def _finished(
    paths: Sequence[Path],
) -> tuple[dict[int, _Counts], tuple[str, ...]]:
    """Return what earlier runs have finished, and names of damaged files."""
    done: dict[int, _Counts] = {}
    damaged = []
    for n, path in enumerate(paths):
        try:
            done[n] = _Counts.of(read_header(path))
        except FileNotFoundError:
            continue
        except ValueError:
            damaged.append(path.name)
    return done, tuple(damaged)


def _finish(
    out: str | Path,
    manifest: dict[str, Any],
    paths: Iterable[Path],
    counts: Sequence[_Counts],
) -> dict[str, str]:
    """Write the manifest of a finished run; return what was unreadable."""
    unreadable = {
        name: why for one in counts for name, why in one.unreadable.items()
    }
    _write(
        out,
        dict(
            manifest,
            complete=True,
            images=sum(one.images for one in counts),
            rows=sum(one.rows for one in counts),
            unreadable=unreadable,
            shards=[
                dict(
                    file=f'{FOLDER}/{path.name}',
                    first=one.first,
                    images=one.images,
                    rows=one.rows,
                )
                for path, one in zip(paths, counts)
            ],
        ),
    )
    return unreadable


def _write(out: str | Path, manifest: dict[str, Any]) -> None:
    write_text_atomically(json.dumps(manifest, indent=1), Path(out, MANIFEST))
