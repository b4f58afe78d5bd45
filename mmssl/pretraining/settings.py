"""Settings that any recipe has to choose, with the reason for each."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mmengine.config import Config

from mmssl.engine.lr_scaling import scale_factor
from mmssl.pretraining.batch_trial import Trial, largest_batch
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Choice, Request

PRECISIONS = ('bf16', 'fp16', 'fp32')


def choose_precision(
    asked: str | None, machine: Machine
) -> tuple[Choice, dict[str, Any]]:
    """Choose what the forward pass is computed in.

    Returns:
        The choice, and the config's changes for it.

    Raises:
        PretrainError: Unknown, or fp16 without a GPU.
    """
    if asked is not None and asked not in PRECISIONS:
        raise PretrainError(
            f'precision must be one of {", ".join(PRECISIONS)}, got {asked!r}'
        )
    value, why = 'fp32', 'mixed precision is slower on most CPUs'
    if machine.gpus:
        value, why = 'fp16', 'this GPU has no bfloat16'
        if machine.bf16:
            value, why = 'bf16', 'half the memory, and no loss to scale'
    if asked is not None:
        value, why = asked, 'as asked'
    if value == 'fp16' and not machine.gpus:
        raise PretrainError('fp16 needs a GPU, and there is none: take bf16')
    wrappers: dict[str, dict[str, Any]] = {
        'bf16': dict(type='mmssl.Bf16OptimWrapper'),
        'fp16': dict(type='AmpOptimWrapper', loss_scale='dynamic'),
        'fp32': dict(type='OptimWrapper'),
    }
    changes = dict(optim_wrapper=wrappers[value])
    return Choice('precision', value, why), changes


def choose_batch(
    asked: int | None,
    wanted: int,
    machine: Machine,
    measure: Callable[[int], Trial],
) -> tuple[Trial, Choice]:
    """Choose the batch by trying training steps.

    Args:
        asked: By the user.
        wanted: By the recipe.
        machine: Its memory is the limit.
        measure: Tries a step with so many samples, see
            :func:`~mmssl.pretraining.batch_trial.largest_batch`.

    Raises:
        PretrainError: It does not fit.
    """
    trial = largest_batch(measure, asked or wanted, machine.gpu_bytes)
    if asked is not None and trial.batch != asked:
        raise PretrainError(
            f'a batch of {asked} does not fit into the memory; {trial.batch} '
            'would'
        )
    why = f'a step takes {trial.seconds:.2f} s'
    if trial.peak_bytes:
        why += f' and {trial.peak_bytes / 2**30:.1f} GiB'
    if asked is not None:
        why = f'as asked; {why}'
    elif trial.batch < wanted:
        why = f'the largest that fits; {why}'
    else:
        why = f"the recipe's; {why}"
    return trial, Choice('batch', str(trial.batch), why)


def choose_lr(asked: float | None, draft: Config, batch: int) -> Choice:
    """Scale the learning rate of the recipe with the batch.

    By the rule of the recipe's ``auto_scale_lr``: in proportion, or with the
    square root.

    Raises:
        PretrainError: The one asked for is not positive.
    """
    if asked is not None:
        if not asked > 0:
            raise PretrainError(f'lr must be positive, got {asked}')
        return Choice('lr', repr(float(asked)), 'as asked')
    rate = draft.optim_wrapper.optimizer.lr
    of_batch = draft.auto_scale_lr.base_batch_size
    rule = draft.auto_scale_lr.get('rule', 'linear')
    factor = scale_factor(batch, of_batch, rule)
    lr = float(f'{rate * factor:.6g}')
    return Choice(
        'lr', repr(lr), f'{rate:g} for a batch of {of_batch}, {rule} rule'
    )


def choose_workers(asked: int | None, machine: Machine, kind: str) -> Choice:
    """Choose how many processes load data.

    Raises:
        PretrainError: A negative number is asked for.
    """
    if asked is not None:
        if asked < 0:
            raise PretrainError(f'workers must not be negative, got {asked}')
        return Choice('workers', str(asked), 'as asked')
    if machine.gpus:
        number = max(1, min(16, machine.cpus // machine.gpus - 1))
        why = f'{machine.cpus} cores, one left for the training'
    elif kind == 'videos':
        number = max(1, machine.cpus // 2)
        why = 'half of the cores compute flow, half train'
    elif kind == 'images':
        number = max(1, machine.cpus // 4)
        why = 'a quarter of the cores reads and augments, the others train'
    else:
        number, why = 1, 'reading is cheap, the cores train'
    return Choice('workers', str(number), why)


def choose_iterations(
    request: Request, data: DataFolder, base: Config, trial: Trial
) -> Choice:
    """Choose the length of the training.

    As many samples, or passes over the data, as the recipe sees, whatever
    the batch.

    Raises:
        PretrainError: Below 2, both lengths given, or the number of pairs is
            not known.
    """
    if request.iterations is not None and request.epochs is not None:
        raise PretrainError('give iterations or epochs, not both')
    if request.iterations is not None:
        number, why = request.iterations, 'as asked'
    elif request.epochs is not None:
        if not data.num_train:
            raise PretrainError(
                'epochs need the number of pairs, which is not known before '
                'their flow is: give iterations'
            )
        number = math.ceil(request.epochs * data.num_train / trial.batch)
        why = f'{request.epochs:g} times {data.num_train} {data.unit}'
    elif base.train_cfg.get('max_epochs'):
        epochs = base.train_cfg.max_epochs
        number = math.ceil(epochs * data.num_train / trial.batch)
        why = f"the recipe's {epochs} times {data.num_train} {data.unit}"
    else:
        samples = base.train_cfg.max_iters * base.train_dataloader.batch_size
        number = round(samples / trial.batch)
        why = f"the recipe's {samples:,} samples"
    if number < 2:
        raise PretrainError(f'a training has at least 2 steps, got {number}')
    hours = number * trial.seconds / 3600
    took = f'{hours:.1f} h' if hours >= 1 else f'{60 * hours:.0f} min'
    return Choice('steps', str(number), f'{why}; about {took} of steps')
