"""The largest batch that fits, found by trying a training step."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope

from mmssl.pretraining.data_folder import PretrainError
from mmssl.registry import MODELS

# Share of the free memory that a batch may take: fragments need the rest.
_SHARE = 0.85


@dataclass(frozen=True)
class Trial:
    """What a training step took.

    Attributes:
        batch: Samples.
        seconds: Of the second step; the first one also warms up.
        peak_bytes: Most memory of the GPU; 0 on the CPU.
    """

    batch: int
    seconds: float
    peak_bytes: int = 0


class OutOfMemory(RuntimeError):
    """A batch that does not fit."""


def largest_batch(
    measure: Callable[[int], Trial], wanted: int, limit_bytes: int = 0
) -> Trial:
    """Halve the batch until a step fits.

    Args:
        measure: Runs a step with so many samples, or raises OutOfMemory.
        wanted: First batch to try.
        limit_bytes: Free memory; 0: no limit but errors.

    Returns:
        The trial of the largest batch that fits, of wanted, wanted / 2, ...

    Raises:
        PretrainError: Not even two samples fit: batch norm needs them.

    Example:
        >>> def measure(batch):
        ...     if batch > 20:
        ...         raise OutOfMemory
        ...     return Trial(batch, 0.1)
        >>> largest_batch(measure, 64).batch
        16
    """
    batch = wanted
    while batch >= 2:
        try:
            trial = measure(batch)
        except OutOfMemory:
            batch //= 2
            continue
        if not limit_bytes or trial.peak_bytes <= _SHARE * limit_bytes:
            return trial
        batch //= 2
    raise PretrainError(
        'not even two samples fit into the memory: take a smaller backbone'
    )


def trial_step(
    config: Config,
    make_batch: Callable[[int], dict[str, Any]],
    batch: int,
    device: str,
) -> Trial:
    """Run two training steps on random data.

    Args:
        config: A training config.
        make_batch: Returns so many samples as a data loader would, see
            :mod:`mmssl.pretraining.noise`.
        batch: Samples.
        device: Where.

    Returns:
        Time and memory.

    Raises:
        OutOfMemory: It does not fit.
    """
    scope = config.get('default_scope') or 'mmssl'
    told = logging.root.manager.disable
    logging.disable(logging.INFO)  # the run itself says it again
    try:
        with DefaultScope.overwrite_default_scope(scope):
            model = MODELS.build(copy.deepcopy(config.model)).to(device)
            wrapper = build_optim_wrapper(
                model, copy.deepcopy(config.optim_wrapper)
            )
        model.train()
        if device != 'cpu':
            torch.cuda.reset_peak_memory_stats(device)
        for _ in range(2):
            start = time.perf_counter()
            model.train_step(make_batch(batch), wrapper)
            if device != 'cpu':
                torch.cuda.synchronize(device)
        seconds = time.perf_counter() - start
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(str(error)) from None
    finally:
        logging.disable(told)
        model = wrapper = None
        if device != 'cpu':
            torch.cuda.empty_cache()
    peak = torch.cuda.max_memory_allocated(device) if device != 'cpu' else 0
    return Trial(batch, seconds, peak)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell a lack of memory from other errors.

    Example:
        >>> is_out_of_memory(RuntimeError('CUDA out of memory. Tried ...'))
        True
    """
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return 'out of memory' in text or "can't allocate memory" in text
