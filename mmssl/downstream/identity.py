"""A hash of all that decides the result of a job.

Equal hashes: the result that is there is the one that would be computed.
Not in it: name and folder, the choice of the metric (all are kept), versions
of the software (they are written beside the result).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.downstream.hosts import read_config
from mmssl.downstream.job_spec import BackboneSpec, JobSpec

_FORMAT = 1  # counts up when jobs compute something else than before
_WORLD = 'world.json'
_LARGEST = 64_000_000  # bytes of a list of images that is read
_OF_RUN = (
    'work_dir',
    'experiment_name',
    'launcher',
    'benchmark',
    'visualizer',
)


def job_identity(spec: JobSpec) -> str:
    """Return the hash of a job.

    Args:
        spec: What is asked for.

    Returns:
        64 hexadecimal digits.

    Raises:
        HandOffError: The config cannot be read.
        CheckpointError: The backbone's file cannot be read.
    """
    config = read_config(spec.config, spec.cfg_options, imports=False)
    content = dict(
        format=_FORMAT,
        config=_plain({k: v for k, v in config.items() if k not in _OF_RUN}),
        slots=_plain((config.get('benchmark') or {}).get('slots')),
        backbone=backbone_identity(spec.backbone),
        data=dict(sorted(_data(config))),
        seed=spec.seed,
    )
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def backbone_identity(backbone: BackboneSpec) -> str:
    """Return the hash of a backbone: its tensors, or its config.

    Args:
        backbone: Of a job; its name counts for nothing.
    """
    digest = hashlib.sha256()
    digest.update(json.dumps(_plain(backbone.config), sort_keys=True).encode())
    if backbone.file is not None:
        loaded = load_checkpoint(backbone.file)
        meta = loaded.get('meta') if isinstance(loaded, Mapping) else None
        meta = meta if isinstance(meta, Mapping) else {}
        known = {k: meta.get(k) for k in ('backbone', 'strides', 'input')}
        digest.update(json.dumps(_plain(known), sort_keys=True).encode())
        for name, tensor in sorted(state_of(loaded).items()):
            digest.update(f'{name} {tuple(tensor.shape)}'.encode())
            raw = tensor.detach().contiguous().reshape(-1)
            digest.update(raw.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _data(config: Config) -> Iterator[tuple[str, str]]:
    """Give the lists of images and the worlds that a config reads."""
    for file in _files(dict(config.items())):
        yield str(file), _file_hash(file)


def _files(node: Any, root: str = '') -> Iterator[Path]:
    """Give the files that decide what data there is, at any depth."""
    if isinstance(node, Mapping):
        root = str(node.get('data_root') or root)
        if root:
            yield from _worlds(Path(root))
        listed = node.get('ann_file')
        if isinstance(listed, str) and listed:
            yield from (
                path
                for path in (Path(listed), Path(root, listed))
                if path.is_file()
            )
        for value in node.values():
            yield from _files(value, root)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _files(value, root)


def _worlds(folder: Path) -> Iterator[Path]:
    """Give the description of the generated world that a folder is in."""
    for place in (folder, *folder.parents[:3]):
        if (place / _WORLD).is_file():
            yield place / _WORLD
            return


def _file_hash(path: Path) -> str:
    """Return the hash of a file, of a huge one that of its size and time."""
    size = path.stat().st_size
    if size > _LARGEST:
        return f'{size} bytes of {path.stat().st_mtime_ns}'
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _plain(value: Any) -> Any:
    """Return plain data, whose text is the same in every process."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, (bool, float, int, str)):
        return value
    return getattr(value, '__qualname__', None) or type(value).__qualname__
