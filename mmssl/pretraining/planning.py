"""From what a recipe decides to a plan: the numbers that any method has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mmssl.engine.run_config import load_config
from mmssl.pretraining.backbones import Backbone
from mmssl.pretraining.batch_trial import Trial, trial_step
from mmssl.pretraining.config_text import merged, parse, render
from mmssl.pretraining.data_folder import DataFolder
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Choice, Plan, Request
from mmssl.pretraining.settings import (
    choose_batch,
    choose_iterations,
    choose_lr,
    choose_precision,
    choose_workers,
)
from mmssl.pretraining.stretching import schedule_changes


@dataclass(frozen=True)
class Draft:
    """A config whose numbers are still to be chosen.

    Attributes:
        base: Config that it inherits from.
        statements: Python lines that change it.
        changes: Variables of the config.
        wanted: Batch that is tried first.
        make_batch: Returns so many samples of noise, for the trial.
        told: What was chosen so far: data and backbone.
    """

    base: str
    statements: tuple[str, ...]
    changes: Mapping[str, Any]
    wanted: int
    make_batch: Callable[[int], dict[str, Any]]
    told: tuple[Choice, ...]


def complete(
    draft: Draft, data: DataFolder, request: Request, machine: Machine
) -> Plan:
    """Choose precision, batch, learning rate, workers and length.

    Args:
        draft: What the recipe decided.
        data: What is trained on.
        request: What the user set goes first.
        machine: What the rest is made to fit.

    Returns:
        The whole config, and all choices with their reasons.

    Raises:
        PretrainError: Something cannot be had.
    """
    base = load_config(draft.base)
    precision, wrapper = choose_precision(request.precision, machine)
    changes = merged(draft.changes, wrapper)
    statements = list(draft.statements)
    if 'loss_scale' in base.optim_wrapper and precision.value != 'fp16':
        statements.append("_base_.optim_wrapper.pop('loss_scale')")
    config = parse(render(draft.base, statements, changes))
    device = 'cuda' if machine.gpus else 'cpu'

    def measure(number: int) -> Trial:
        return trial_step(config, draft.make_batch, number, device)

    trial, batch = choose_batch(
        request.batch_size, draft.wanted, machine, measure
    )
    lr = choose_lr(request.lr, config, trial.batch)
    workers = choose_workers(request.workers, machine, data.kind)
    iterations = choose_iterations(request, data, base, trial)
    own: dict[str, Any] = dict(
        train_dataloader=dict(
            batch_size=trial.batch,
            num_workers=int(workers.value),
            persistent_workers=workers.value != '0',
        ),
        optim_wrapper=dict(optimizer=dict(lr=float(lr.value))),
        auto_scale_lr=dict(base_batch_size=trial.batch),
        randomness=dict(seed=request.seed),
        work_dir=str(request.work_dir),
    )
    own = merged(own, schedule_changes(base, int(iterations.value)))
    where = Choice(
        'machine', str(machine), f'settings are those of {draft.base}'
    )
    choices = (where, *draft.told, precision, batch, lr, workers, iterations)
    return Plan(draft.base, tuple(statements), merged(changes, own), choices)


def backbone_choice(backbone: Backbone) -> Choice:
    """Say what the backbone is and what it gives."""
    config = {k: v for k, v in backbone.config.items() if k != 'type'}
    told = ', '.join(f'{k}={v}' for k, v in config.items())
    return Choice(
        'backbone',
        f'{backbone.config["type"]}({told})',
        f'a map of {backbone.channels} channels, stride {backbone.stride}',
    )
