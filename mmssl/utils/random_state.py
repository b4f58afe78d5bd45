"""The states of all random generators of a process, to keep and to restore.

Python's ``random``, numpy's global generator, torch's on the CPU and on the
current GPU, and OpenCV's (which can be seeded, but not read).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
import torch

# Keeps these streams apart from others that are seeded by the same numbers,
# such as default_rng([seed, number]).
_SPAWN_KEY = (0x6D6D73736C,)


def random_state() -> dict[str, Any]:
    """Return the states of this process as tensors and numbers.

    Returns:
        ``python``, ``numpy``, ``torch`` and, where CUDA is in use, ``cuda``
        (of the current device); ``torch.load(weights_only=True)`` reads it.
    """
    version, words, gauss = random.getstate()
    kind, keys, place, has_gauss, cached = np.random.get_state()
    state: dict[str, Any] = dict(
        python=dict(version=version, words=torch.tensor(words), gauss=gauss),
        numpy=dict(
            kind=str(kind),
            keys=torch.from_numpy(np.asarray(keys).astype(np.int64)),
            place=int(place),
            has_gauss=int(has_gauss),
            cached=float(cached),
        ),
        torch=torch.get_rng_state(),
    )
    if torch.cuda.is_available():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: Mapping[str, Any]) -> None:
    """Restore what :func:`random_state` returned.

    Args:
        state: The states; one that is missing stays as it is. Tensors may
            lie on any device.

    Example:
        >>> state = random_state()
        >>> drawn = torch.rand(1), np.random.rand(), random.gauss(0, 1)
        >>> set_random_state(state)
        >>> drawn == (torch.rand(1), np.random.rand(), random.gauss(0, 1))
        True
    """
    if 'python' in state:
        python = state['python']
        words = tuple(python['words'].tolist())
        random.setstate((python['version'], words, python['gauss']))
    if 'numpy' in state:
        numpy = state['numpy']
        keys = numpy['keys'].cpu().numpy().astype(np.uint32)
        rest = numpy['place'], numpy['has_gauss'], numpy['cached']
        np.random.set_state((numpy['kind'], keys, *rest))
    if 'torch' in state:
        torch.set_rng_state(state['torch'].cpu())
    if 'cuda' in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())


def seed_cpu_generators(numbers: Sequence[int]) -> None:
    """Seed all generators of the CPU, independent of each other.

    Not ``torch.manual_seed``: it also queues a call for CUDA, which takes
    longer than everything here together.

    Args:
        numbers: Integers >= 0; equal ones give equal states.

    Example:
        >>> seed_cpu_generators([3, 14])
        >>> first = random.random(), np.random.rand(), torch.rand(1).item()
        >>> seed_cpu_generators([3, 14])
        >>> first == (random.random(), np.random.rand(), torch.rand(1).item())
        True
    """
    sequence = np.random.SeedSequence(numbers, spawn_key=_SPAWN_KEY)
    words = sequence.generate_state(11)
    random.seed(words[:4].tobytes())
    np.random.seed(words[4:8])
    seed = int(words[8]) << 32 | int(words[9])
    torch.default_generator.manual_seed(seed >> 1)
    cv2.setRNGSeed(int(words[10]) >> 1)


@contextmanager
def kept_cpu_generators() -> Iterator[None]:
    """Leave Python's, numpy's and torch's CPU generator as they were."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
