"""The named tasks of the benchmark: which config each of them is.

A task is a config below ``configs/`` that says ``benchmark = dict(name=...)``.
Three folders have the same names: ``puppets`` (the generated world, minutes on
a CPU), ``photos`` (small real data, the same size) and ``downstream`` (as
published). The files are read as text, nothing in them is run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmssl.downstream.errors import HandOffError
from mmssl.utils.host import config_root

WORLDS = ('downstream', 'photos', 'puppets')
NAMES = (
    'parsing',
    'detection',
    'instances',
    'keypoints',
    'pose',
    'scenes',
    'classification',
    'parsing-linear',
    'parsing-knn',
    'regions-linear',
    'keypoints-linear',
    'identity-knn',
)
DEFAULT = ('parsing', 'detection', 'pose', 'identity-knn')


@dataclass(frozen=True)
class NamedTask:
    """A config that is a task.

    Attributes:
        name: As the command line has it.
        config: ``'mmssl::puppets/...'``.
        title: For tables.
        metric: That counts; None: the evaluator's first.
        semantic_weight: Lambda of backbones that follow it, where the paper
            has one for the task; None: not told.
    """

    name: str
    config: str
    title: str
    metric: str | None = None
    semantic_weight: float | None = None


def find_tasks(world: str = 'puppets') -> dict[str, NamedTask]:
    """Return the tasks of a world.

    Args:
        world: One of :data:`WORLDS`.

    Returns:
        Name -> task; those of :data:`NAMES` first, in that order.

    Raises:
        HandOffError: Unknown world, or one name for two configs.
    """
    if world not in WORLDS:
        raise HandOffError(
            'config',
            f'the world must be one of {", ".join(WORLDS)}, got {world!r}',
        )
    root = config_root()
    found: dict[str, NamedTask] = {}
    for file in sorted((root / world).rglob('*.py')):
        task = _task_in(file, root)
        if task is None:
            continue
        if task.name in found:
            raise HandOffError(
                'config',
                f'two configs are the task {task.name!r}: '
                f'{found[task.name].config} and {task.config}',
            )
        found[task.name] = task
    order = {name: place for place, name in enumerate(NAMES)}
    names = sorted(found, key=lambda name: (order.get(name, 99), name))
    return {name: found[name] for name in names}


def find_task(name: str, world: str = 'puppets') -> NamedTask:
    """Return one task.

    Args:
        name: Of the task.
        world: One of :data:`WORLDS`.

    Raises:
        HandOffError: There is none; those that there are are listed.
    """
    found = find_tasks(world)
    if name not in found:
        raise HandOffError(
            'config',
            f'there is no task {name!r} of {world}; valid: '
            f'{", ".join(sorted(found)) or "none"}. Any other config is '
            'given by its path or as mmdet::...',
        )
    return found[name]


def _task_in(file: Path, root: Path) -> NamedTask | None:
    """Read what a config says of itself, None if it is no task."""
    words = _benchmark(ast.parse(file.read_text('utf-8')))
    if 'name' not in words:
        return None
    name = str(words['name'])
    return NamedTask(
        name=name,
        config=f'mmssl::{file.relative_to(root).as_posix()}',
        title=str(words.get('title', name)),
        metric=words.get('metric'),
        semantic_weight=words.get('semantic_weight'),
    )


def _benchmark(tree: ast.Module) -> dict[str, Any]:
    """Return the texts in ``benchmark = dict(...)``, the last if several."""
    for statement in reversed(tree.body):
        if not isinstance(statement, ast.Assign):
            continue
        named = [t.id for t in statement.targets if isinstance(t, ast.Name)]
        if 'benchmark' in named and isinstance(statement.value, ast.Call):
            return {
                str(word.arg): word.value.value
                for word in statement.value.keywords
                if isinstance(word.value, ast.Constant)
            }
    return {}
