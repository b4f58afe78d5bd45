"""CPU time of an input pipeline, transform by transform."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable

import numpy as np
from mmengine.dataset import Compose

from mmssl.datasets.samplers.draws import DrawSampler
from mmssl.io.errors import DataFileError

FIRST = 'get sample'
WARM_UP = 10


def own_dataset(dataset: Any) -> Any:
    """Return the dataset that has the pipeline, below any wrappers.

    Args:
        dataset: A dataset, or a wrapper of one or several (then the first).

    Raises:
        ValueError: There is no pipeline of transforms.
    """
    while not hasattr(getattr(dataset, 'pipeline', None), 'transforms'):
        inner = getattr(dataset, 'dataset', None)
        if inner is None:
            inner = next(iter(getattr(dataset, 'datasets', ())), None)
        if inner is None:
            raise ValueError(
                f'{type(dataset).__name__} has no pipeline of transforms to '
                'measure'
            )
        dataset = inner
    return dataset


def time_pipeline(
    dataset: Any,
    samples: int,
    *,
    warm_up: int = WARM_UP,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Measure the CPU time of every step of every sample.

    Args:
        dataset: An mmengine dataset, or a wrapper of one; not changed.
        samples: Number of samples, taken in shuffled order.
        warm_up: Samples before them, which warm the caches.
        clock: Returns seconds.

    Returns:
        Seconds per sample, by step; 'get sample' is what the dataset does
        before the first transform. Samples that a transform refuses (by
        returning None), or whose file cannot be read, do not count.

    Raises:
        ValueError: The dataset has no pipeline, or all samples are refused.
    """
    dataset = own_dataset(dataset)
    getattr(dataset, 'full_init', lambda: None)()
    transforms = dataset.pipeline.transforms
    probe = copy.copy(dataset)
    probe.pipeline = Compose([])  # so that prepare_data stops there
    steps = [probe.prepare_data, *transforms]
    names = step_names(transforms)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    draws = iter(DrawSampler(dataset, seed=0))
    for i in range(samples + warm_up):
        times = _time_sample(steps, next(draws), clock)
        if i >= warm_up and times is not None:
            for name, value in zip(names, times):
                seconds[name].append(value)
    if not seconds[FIRST]:
        raise ValueError('the pipeline refused every sample')
    return seconds


def step_names(transforms: Sequence[Any]) -> list[str]:
    """Return 'get sample' and a name of each transform, all different.

    Example:
        >>> step_names([dict(), dict()])
        ['get sample', '0 dict', '1 dict']
    """
    return [FIRST] + [
        f'{i} {type(t).__name__}' for i, t in enumerate(transforms)
    ]


def _time_sample(
    steps: Sequence[Callable], results: Any, clock: Callable[[], float]
) -> list[float] | None:
    """Run one sample; None if a step refuses it."""
    times = []
    for step in steps:
        begin = clock()
        try:
            results = step(results)
        except DataFileError:  # training replaces the sample
            return None
        times.append(clock() - begin)
        if results is None:
            return None
    return times


def medians(seconds: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the median of every step, and that of whole samples ('all').

    Example:
        >>> medians({'a': [1.0, 2.0, 9.0], 'b': [3.0, 3.0, 3.0]})
        {'a': 2.0, 'b': 3.0, 'all': 5.0}
    """
    found = {name: statistics.median(v) for name, v in seconds.items()}
    totals = [sum(sample) for sample in zip(*seconds.values())]
    return {**found, 'all': statistics.median(totals)}


def slowest(seconds: Mapping[str, Sequence[float]]) -> tuple[str, float]:
    """Return the step that takes most, and its share of the whole.

    Example:
        >>> slowest({'get sample': [1.0], '0 Crop': [3.0]})
        ('Crop', 0.75)
    """
    found = medians(seconds)
    whole = sum(value for name, value in found.items() if name != 'all')
    name = max((n for n in found if n != 'all'), key=lambda n: found[n])
    share = found[name] / whole if whole > 0 else 0.0
    return name.split(' ', 1)[1] if name[0].isdigit() else name, share


def pipeline_table(seconds: Mapping[str, Sequence[float]]) -> str:
    """Return a table: median and 90th percentile, images/s of each step."""
    totals = [sum(sample) for sample in zip(*seconds.values())]
    lines = [f'{"step":<24}{"median ms":>10}{"p90 ms":>10}{"images/s":>10}']
    for name, values in {**seconds, 'all': totals}.items():
        median, p90 = statistics.median(values), np.percentile(values, 90)
        rate = 1 / median if median > 0 else float('inf')
        lines.append(
            f'{name:<24}{median * 1e3:>10.3f}{p90 * 1e3:>10.3f}{rate:>10.0f}'
        )
    lines.append(
        f'{1 / statistics.median(totals):.0f} images/s per core (median of '
        f'{len(totals)} samples, CPU time; '
        f'{1 / statistics.mean(totals):.0f} by the mean)'
    )
    return '\n'.join(lines)
