"""Configs as flat tables, what a leaf changes, and configs shrunk to a toy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmssl.testing.view_configs import makes_views, shrink_views

LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
# Folders below configs whose files belong to other projects' tasks: built and
# checked by tests of their own, and not at all where those are not installed.
TASK_FOLDERS = ('downstream', 'photos', 'puppets')


def is_task(path: Path) -> bool:
    """Tell whether a config is a task of another project, or of a probe.

    Example:
        >>> is_task(Path('configs/puppets/mmseg/a.py'))
        True
        >>> is_task(Path('configs/cmp/cmp_r18_cpu-puppets.py'))
        False
    """
    return bool({*TASK_FOLDERS} & {*path.parts[:-1]})


def changed_keys(before: Any, after: Any, path: str = '') -> set[str]:
    """Return the dotted keys at which two configs differ.

    A component whose ``type`` differs is one key, since its arguments cannot
    be compared; so is a value that only one side has. Components in a list
    are addressed by their type where that is unambiguous, else by place, and
    lists in a list by their place.

    Args:
        before: Config, dict, list or value.
        after: The same, changed.
        path: Key of both in the whole, for the recursion.

    Returns:
        Keys such as ``'model.decoder.pools'``.

    Example:
        >>> before = {'a': {'type': 'A', 'x': 1}, 'p': [{'type': 'B'}]}
        >>> after = {'a': {'type': 'A', 'x': 2}, 'p': [{'type': 'B', 'y': 3}]}
        >>> sorted(changed_keys(before, after))
        ['a.x', 'p.B.y']
    """
    a, b = _children(before), _children(after)
    if a is None or b is None or a.get('type') != b.get('type'):
        same = _plain(before) == _plain(after)
        return set() if same else {path}
    found: set[str] = set()
    for key in a.keys() | b.keys():
        below = f'{path}.{key}' if path else key
        if key in a and key in b:
            found |= changed_keys(a[key], b[key], below)
        else:
            found.add(below)
    return found


def shrink_config(
    cfg: Config,
    data_root: str | Path,
    work_dir: str | Path,
    iterations: int = 2,
    size: int = 128,
    flow_format: str = 'jpg',
) -> Config:
    """Make a config run on toy data in seconds, changing nothing else.

    Model, losses, optimiser, transforms, metric and hooks stay; data, sizes,
    batch, worker processes, iterations and intervals become small, and
    schedulers that begin later are left out.

    Args:
        cfg: Config; it is not changed.
        data_root: Folder with ``train.txt`` and ``val.txt``, see
            :func:`mmssl.testing.toys.make_toy_flow_list`; for a config that
            reads videos, with folders ``train`` and ``val`` of those; for
            one that compares views, see
            :func:`mmssl.testing.view_configs.shrink_views`.
        work_dir: Where the run writes.
        iterations: Training iterations; validation and a checkpoint follow
            the last.
        size: Crop and short side of the images, or of views, px.
        flow_format: Format of the toy lists.

    Returns:
        The small config.
    """
    cfg = Config(cfg.to_dict())
    cfg.work_dir = str(work_dir)
    cfg.env_cfg.dist_cfg.backend = 'gloo'
    if makes_views(cfg):
        shrink_views(cfg, str(data_root), iterations, size)
        return cfg
    for name in LOADERS:
        split = 'train' if name == 'train_dataloader' else 'val'
        _shrink_loader(cfg[name], split, str(data_root), size, flow_format)
    sampler = cfg.train_dataloader.sampler
    if 'total_iter' in sampler:
        sampler.update(total_iter=iterations, batch_size=2)
    cfg.train_dataloader.batch_size = 2
    cfg.param_scheduler = [
        scheduler
        for scheduler in cfg.param_scheduler
        if scheduler.get('begin', 0) < iterations
    ]
    cfg.train_cfg.update(max_iters=iterations, val_interval=iterations)
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint.interval = iterations
    return cfg


def _shrink_loader(
    loader: Any, split: str, data_root: str, size: int, flow_format: str
) -> None:
    """Point a loader at toy data, in this process."""
    loader.update(num_workers=0, persistent_workers=False)
    loader.dataset.data_root = data_root
    if 'videos' in loader.dataset:
        loader.dataset.update(
            videos=split, short_size=size, samples_per_epoch=4
        )
    else:
        loader.dataset.update(
            ann_file=[f'{split}.txt'], flow_file_type=flow_format
        )
    for transform in loader.dataset.pipeline:
        if transform.type == 'ResizeCropImageFlow':
            transform.update(short_size=size, size=size)


def _children(value: Any) -> dict[str, Any] | None:
    """Return what a config node holds, by key; None for a plain value."""
    if isinstance(value, Config):
        return value.to_dict()
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, (list, tuple)):
        return None
    places = [str(i) for i in range(len(value))]
    if value and all(isinstance(part, (list, tuple)) for part in value):
        return dict(zip(places, value))
    if not value or not all(
        isinstance(part, Mapping) and 'type' in part for part in value
    ):
        return None
    names = [str(part['type']) for part in value]
    return dict(zip(names if len(set(names)) == len(names) else places, value))


def _plain(value: Any) -> Any:
    """Return lists for tuples, dicts for mappings, to compare values."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value
