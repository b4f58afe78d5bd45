"""Whether two runs computed the same: their logs and checkpoints, to the bit.

A test of exact resuming trains once without a stop and once with one, and
compares. What belongs to the machine (times, memory) or to the folder (paths,
names) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mmssl.checkpoints.safe_load import load_checkpoint

_OF_THE_MACHINE = ('time', 'images_per_s', 'data_wait', 'memory', 'eta')
_META = ('cfg', 'experiment_name', 'mmengine_version', 'time')
_OF_THE_FOLDER = (
    *(*_META, 'best_ckpt', 'keep_ckpt_ids', 'last_ckpt'),
    'odd_ckpt',
)


def logged(work_dir: str | Path) -> list[dict[str, Any]]:
    """Return the scalars that all runs of a work dir logged, in order.

    Args:
        work_dir: With ``*/vis_data/scalars.json``.

    Returns:
        One dict for each line, without times and memory. A line that a kill
        cut off is left out.
    """
    files = sorted(Path(work_dir).glob('*/vis_data/scalars.json'))
    lines = [
        json.loads(line, parse_constant=str)  # nan equals itself
        for file in files
        for line in file.read_text().splitlines()
        if line.endswith('}')
    ]
    return [
        {k: v for k, v in line.items() if not _of_the_machine(k)}
        for line in lines
    ]


def comparable(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint without what differs between two equal runs.

    Args:
        path: A checkpoint of a run of mmssl.

    Returns:
        Its contents: weights, optimizer, schedulers, averages, random states
        of all processes, logged history.
    """
    checkpoint = load_checkpoint(path)
    for name in _META:
        checkpoint['meta'].pop(name, None)
    conditions = checkpoint.get('run_state', {}).get('conditions', {})
    conditions.pop('config', None)
    for part in checkpoint['message_hub'].values():
        for name in list(part):
            base = name.split('/')[-1]
            if _of_the_machine(base) or base in _OF_THE_FOLDER:
                del part[name]
    return checkpoint


def differences(one: Any, two: Any, path: str = '') -> list[str]:
    """Name what differs in two checkpoints; tensors must be equal bits.

    Args:
        one: Nested dicts, lists, tensors, values.
        two: Another one.
        path: Key of both in the whole, for the recursion.

    Returns:
        Dotted keys.

    Example:
        >>> differences({'a': [1.0, 2.0]}, {'a': [1.0, 3.0], 'b': 0})
        ['a.1', 'b']
    """
    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)):
        one, two = dict(enumerate(one)), dict(enumerate(two))
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        found = []
        for key in [*one, *(key for key in two if key not in one)]:
            below = f'{path}.{key}' if path else str(key)
            if key in one and key in two:
                found += differences(one[key], two[key], below)
            else:
                found.append(below)
        return found
    if isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor):
        same = one.dtype == two.dtype and torch.equal(one, two)
    else:
        same = type(one) is type(two) and one == two
    return [] if same else [path]


def _of_the_machine(name: str) -> bool:
    return any(word in name for word in _OF_THE_MACHINE)
