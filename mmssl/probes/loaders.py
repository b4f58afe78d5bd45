"""Loaders of the data that probes look at."""

from __future__ import annotations

import copy
from typing import Any

from mmengine.dataset import InfiniteSampler
from mmengine.runner import Runner
from torch.utils.data import DataLoader, IterableDataset, RandomSampler

_DEFAULTS = dict(
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
)


def build_probe_loader(loader: DataLoader | dict, what: str) -> DataLoader:
    """Build a loader for a probe; what is not said has defaults.

    Args:
        loader: loader, or its config: ``dataset`` and ``batch_size`` (of
            each process) are needed. Defaults: no workers, each sample once
            in the data set's order, ``default_collate``, which wants images
            of one size (``pseudo_collate`` does not).
        what: whose it is, for messages.

    Returns:
        The loader.

    Raises:
        ValueError: something is missing, or samples have no number.
    """
    if isinstance(loader, dict):
        missing = sorted({'batch_size', 'dataset'} - set(loader))
        if missing:
            raise ValueError(
                f'{what} needs {missing[0]!r}: give dict(batch_size=..., '
                'dataset=dict(type=..., pipeline=[...]))'
            )
        cfg: dict[str, Any] = copy.deepcopy({**_DEFAULTS, **loader})
        built = Runner.build_dataloader(cfg, seed=0)
    else:
        built = loader
    if isinstance(built.dataset, IterableDataset):
        raise ValueError(
            f'{what}: samples of an IterableDataset have no number, by which '
            'processes share them out: use a data set with __getitem__'
        )
    return built


def build_probe_loaders(
    loader: DataLoader | dict,
    bank_loader: DataLoader | dict,
    what: str,
    **defaults: Any,
) -> tuple[DataLoader, DataLoader]:
    """Build what is judged and what it is compared with.

    Args:
        loader: As of :func:`build_probe_loader`.
        bank_loader: The same.
        what: Whose they are, for messages.
        **defaults: Of both configs, e.g. ``collate_fn``.

    Returns:
        The two loaders.

    Raises:
        ValueError: One cannot be built, or their labels mean different
            classes.
    """
    judged, bank = (
        build_probe_loader(
            {**defaults, **given} if isinstance(given, dict) else given,
            f'{what}: {key}',
        )
        for key, given in (('loader', loader), ('bank_loader', bank_loader))
    )
    check_same_classes(judged, bank, what)
    return judged, bank


def check_same_classes(
    loader: DataLoader, bank_loader: DataLoader | None, what: str
) -> None:
    """Refuse two data sets whose equal labels mean different classes.

    Args:
        loader: of what is judged.
        bank_loader: of what it is compared with; None: itself.
        what: whose they are, for messages.

    Raises:
        ValueError: both name their classes, and differently.
    """
    if bank_loader is None:
        return
    judged, bank = _classes(loader), _classes(bank_loader)
    if not judged or not bank or judged == bank:
        return
    at = next(
        (n for n, (a, b) in enumerate(zip(judged, bank)) if a != b),
        min(len(judged), len(bank)),
    )
    here, there = (
        repr(names[at]) if at < len(names) else 'no class'
        for names in (judged, bank)
    )
    raise ValueError(
        f'{what}: label {at} is {here} in the loader and {there} in the '
        f'bank_loader ({len(judged)} and {len(bank)} classes): give both '
        'data sets the same classes=[...]'
    )


def _classes(loader: DataLoader) -> list[str]:
    meta = getattr(loader.dataset, 'metainfo', None) or {}
    return [str(name) for name in dict(meta).get('classes') or ()]


def loader_places(loader: DataLoader) -> list[int]:
    """Return the numbers of the samples that a loader will give, in order.

    Args:
        loader: of this process, with a sampler that gives the same numbers
            each time it is asked.

    Raises:
        ValueError: its sampler does not, or never ends.

    Example:
        >>> loader_places(DataLoader([5, 6, 7], batch_size=2))
        [0, 1, 2]
    """
    sampler, batches = loader.sampler, loader.batch_sampler
    endless = isinstance(sampler, InfiniteSampler)
    endless = endless or getattr(sampler, 'infinite', False)
    if endless or isinstance(sampler, RandomSampler) or batches is None:
        raise ValueError(
            f'{type(sampler).__name__} does not give each sample once, in an '
            'order that can be asked for: a probe needs sampler=dict('
            "type='DefaultSampler', shuffle=False) and a batch size"
        )
    return [int(place) for batch in batches for place in batch]
