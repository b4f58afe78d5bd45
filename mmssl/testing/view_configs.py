"""Configs of methods that compare views of images, shrunk to a toy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config

BATCH = 4
# Transforms whose ``size`` is that of a view, where they have one.
_SIZED = (
    *('CropView', 'PadView', 'RandomResizedCropView'),
    *('ResizeAspectView', 'ResizeView'),
)


def makes_views(cfg: Config) -> bool:
    """Tell whether a config trains on several views of each image."""
    pipeline = cfg.train_dataloader.dataset.get('pipeline', [])
    return any(step.type == 'MultiViewGeometry' for step in pipeline)


def shrink_views(
    cfg: Config, data_root: str, iterations: int, size: int
) -> None:
    """Point a config at toy images, small views and a few steps.

    Model, augmentations and hooks stay. An epoch is one batch of four, so
    that epochs are iterations.

    Args:
        cfg: Changed in place.
        data_root: Folder of :func:`mmssl.testing.toy_images.make_toy_images`
            with classes and four images at least, for training and probes.
        iterations: Epochs; probes and a checkpoint follow the last.
        size: Longer side of the largest view, px; smaller views keep their
            share of it, and all their aspects. Boxes may be a quarter of it.
    """
    cfg.train_dataloader.update(
        batch_size=BATCH, num_workers=0, persistent_workers=False
    )
    for loader in _loaders(cfg):
        dataset = loader.dataset
        dataset.update(data_root=data_root, data_prefix='', ann_file='')
        dataset.pop('classes', None)
        _shrink_pipeline(dataset.pipeline, size)
    cfg.train_dataloader.dataset.update(indices=BATCH)
    cfg.train_cfg.max_epochs = iterations
    for scheduler in cfg.param_scheduler:
        if 'warmup' in scheduler:
            scheduler.warmup = min(scheduler.warmup, iterations // 2)
    cfg.default_hooks.checkpoint.interval = iterations
    for hook in cfg.default_hooks.values():
        if hook.type in (
            'LoggerHook',
            'CollapseHook',
            'ViewVisualizationHook',
        ):
            hook.interval = 1
        if hook.type == 'ProbeHook':
            hook.interval = iterations


def _loaders(cfg: Config) -> Iterator[Any]:
    """Yield the loader of training and those of the probes."""
    yield cfg.train_dataloader
    for hook in cfg.default_hooks.values():
        for probe in hook.get('probes', ()):
            for key, value in probe.items():
                if key.endswith('loader'):
                    value.update(batch_size=BATCH, num_workers=0)
                    yield value


def _shrink_pipeline(
    pipeline: list[Any], size: int, full: int | None = None
) -> None:
    """Set the sizes of transforms, those inside views too.

    Args:
        pipeline: Changed in place.
        size: Longer side of the largest view, px.
        full: What it was; None: every transform gets the longer side.
    """
    for step in pipeline:
        if step.type in _SIZED and step.get('size') is not None:
            step.size = _shrunk(step.size, size, full)
        elif step.type == 'SampleBoxPairs':
            step.min_size = size // 4
        elif step.type == 'MultiViewGeometry':
            sized = [x for view in step.views for x in view if x.get('size')]
            largest = max((_longer(one.size) for one in sized), default=None)
            for view in step.views:
                _shrink_pipeline(view, size, largest)


def _shrunk(old: Any, size: int, full: int | None) -> Any:
    """Return a smaller size of the same aspect; one number stays one."""
    share = size / (full or _longer(old))
    if isinstance(old, int):
        return round(share * old)
    return tuple(max(1, round(share * side)) for side in old)


def _longer(size: Any) -> int:
    return size if isinstance(size, int) else max(size)
