"""Which jobs a benchmark has, and where each of them lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmssl.benchmark.store import Stored
from mmssl.benchmark.wishes import folder_name
from mmssl.downstream.job_spec import BackboneSpec, JobSpec

JOBS = 'jobs'
MAX_SEEDS = 1000


@dataclass(frozen=True)
class Task:
    """A downstream config with a name.

    Attributes:
        name: For tables and folders.
        config: Its path, ``mmdet::...`` or ``mmssl::...``.
        title: For people.
        metric: That counts; None: as the config says.
        cfg_options: Changes to the config.
        semantic_weight: Lambda of backbones that follow it; None: not told.
    """

    name: str
    config: str
    title: str = ''
    metric: str | None = None
    cfg_options: Mapping[str, Any] = field(default_factory=dict)
    semantic_weight: float | None = None


def job_folder(out: Path, task: str, backbone: str, seed: int) -> Path:
    """Return the folder of one job.

    Example:
        >>> job_folder(Path('out'), 'parsing', 'random ResNet-18', 0)
        PosixPath('out/jobs/parsing/random_ResNet-18/seed_0')
    """
    place = out / JOBS / folder_name(task) / folder_name(backbone)
    return place / f'seed_{seed}'


def make_specs(
    out: Path,
    tasks: Sequence[Task],
    backbones: Sequence[Stored],
    seeds: Sequence[int],
    *,
    device: str = 'auto',
    keep_checkpoints: bool = False,
) -> list[JobSpec]:
    """Return all jobs: the first seed of everything comes first.

    Args:
        out: Folder of the benchmark.
        tasks: At least one.
        backbones: At least one.
        seeds: At least one, none twice.
        device: Of the jobs.
        keep_checkpoints: Of the jobs.

    Raises:
        ValueError: Nothing to do, or something twice.
    """
    for what, names in (
        ('task', [task.name for task in tasks]),
        ('backbone', [backbone.name for backbone in backbones]),
        ('seed', [str(seed) for seed in seeds]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not names:
            raise ValueError(
                f'the {what} {twice[0]!r} is asked for twice'
                if twice
                else f'there is no {what}'
            )
    return [
        JobSpec(
            task=task.name,
            config=task.config,
            backbone=BackboneSpec(
                backbone.name, backbone.file, backbone.config
            ),
            seed=seed,
            work_dir=str(job_folder(out, task.name, backbone.name, seed)),
            cfg_options=dict(task.cfg_options),
            metric=task.metric,
            device=device,
            keep_checkpoints=keep_checkpoints,
        )
        for seed in seeds
        for task in tasks
        for backbone in backbones
    ]


def with_random_twins(backbones: Sequence[Stored]) -> list[Stored]:
    """Put random weights of each architecture before the backbones.

    Args:
        backbones: Exported ones.

    Returns:
        One random backbone for each distinct config, then the backbones.
    """
    from mmssl.benchmark.store import random_twin

    twins: list[Stored] = []
    for stored in backbones:
        twin = random_twin(stored)
        if twin.config in [other.config for other in twins]:
            continue
        alike = sum(o.name.split(' #')[0] == twin.name for o in twins)
        if alike:  # one name, other options: strides, drop paths
            twin = Stored(
                name=f'{twin.name} #{alike + 1}',
                config=twin.config,
                architecture=twin.architecture,
            )
        twins.append(twin)
    return [*twins, *backbones]


def read_seeds(words: Sequence[str]) -> list[int]:
    """Return the seeds that words stand for.

    One word is a number of seeds, several are the seeds themselves.

    Args:
        words: Of the command line.

    Raises:
        ValueError: No numbers, or out of range.

    Example:
        >>> read_seeds(['3']), read_seeds(['5', '7'])
        ([0, 1, 2], [5, 7])
    """
    try:
        numbers = [int(word) for word in words]
    except ValueError:
        raise ValueError(
            f'--seeds takes a number of seeds, or seeds, got {list(words)}'
        ) from None
    if len(numbers) == 1:
        if not 1 <= numbers[0] <= MAX_SEEDS:
            raise ValueError(
                f'--seeds must be 1 to {MAX_SEEDS}, got {numbers[0]} (one '
                'number is how many, two or more are the seeds themselves)'
            )
        return list(range(numbers[0]))
    if min(numbers) < 0:
        raise ValueError(f'a seed must be >= 0, got {min(numbers)}')
    return numbers
