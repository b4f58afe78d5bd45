"""How CMP is pretrained on the data and the machine at hand.

Without a GPU the settings are those of ``cmp_r18_cpu-demo``, with one those
of ``cmp_r50_1xb32-20k``; what is written is what differs from them.
"""

from __future__ import annotations

import math
from typing import Any

from mmengine.config import Config

from mmssl.engine.run_config import load_config
from mmssl.pretraining import cmp_data
from mmssl.pretraining.backbones import Backbone, find_backbone
from mmssl.pretraining.batch_trial import Trial, largest_batch, trial_step
from mmssl.pretraining.config_text import merged, parse, render
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Choice, Plan, Recipe, Request

_CPU_BASE = 'mmssl::cmp/cmp_r18_cpu-demo.py'
_GPU_BASES = {
    'pairs': 'mmssl::cmp/cmp_r50_1xb32-20k_videos.py',
    'videos': 'mmssl::cmp/cmp_r50_1xb32-20k_online.py',
}
# The smallest published global batch, at the published rate.
_LARGEST_BATCH = 64
_PRECISIONS = ('bf16', 'fp16', 'fp32')


def prepare(
    data: DataFolder, request: Request, machine: Machine, run: bool
) -> DataFolder:
    """Return data to train on; see :func:`cmp_data.prepare`."""
    base = load_config(_base_of(machine, 'pairs'))
    return cmp_data.prepare(data, request, machine, base, run)


def plan(data: DataFolder, request: Request, machine: Machine) -> Plan:
    """Choose all settings.

    Args:
        data: From :func:`prepare`.
        request: What the user set goes first.
        machine: What the rest is made to fit.

    Raises:
        PretrainError: Something cannot be had.
    """
    name = _base_of(machine, data.kind)
    base = load_config(name)
    size = cmp_data.step_of(base.train_dataloader).size
    backbone = find_backbone(request.backbone, size, machine.gpus > 0)
    statements, changes = cmp_data.data_statements(data, request, base)
    changes = merged(changes, model_changes(backbone, base))
    precision, wrapper = choose_precision(request.precision, machine)
    changes = merged(changes, wrapper)
    draft = parse(render(name, statements, changes))
    trial, batch = choose_batch(request.batch_size, machine, draft, size)
    lr = choose_lr(request.lr, draft, trial.batch)
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
    where = Choice('machine', str(machine), f'settings are those of {name}')
    choices = (
        where,
        cmp_data.data_choice(data, request, machine),
        _backbone_choice(backbone),
        precision,
        batch,
        lr,
        workers,
        iterations,
    )
    return Plan(name, tuple(statements), merged(changes, own), choices)


def model_changes(backbone: Backbone, base: Config) -> dict[str, Any]:
    """Return what fits the network to a backbone.

    Its map is enlarged to stride 8, where the guidance joins, as in
    ``cmp_r18``; backbones other than ResNets keep their own initial weights
    and get AdamW where the base has SGD, as in the ablation with Swin-T.

    Args:
        backbone: With channels and stride of its map.
        base: The config to change.

    Raises:
        PretrainError: No motion encoder goes with the stride.
    """
    joins = min(backbone.stride, 8)
    if joins not in (4, 8) or backbone.stride % joins:
        raise PretrainError(
            f'the map of {backbone.config["type"]} has stride '
            f'{backbone.stride}; CMP takes 4, 8 and multiples of 8'
        )
    model: dict[str, Any] = dict(
        backbone=dict(_delete_=True, **backbone.config),
        neck=dict(
            in_channels=backbone.channels, upsample=backbone.stride // joins
        ),
        motion_encoder=dict(strides=(2, joins // 4, 2)),
    )
    changes: dict[str, Any] = dict(model=model)
    if not backbone.is_resnet:
        model['weight_init'] = 'backbone'
        if base.optim_wrapper.optimizer.type == 'SGD':
            changes['optim_wrapper'] = dict(
                optimizer=dict(
                    _delete_=True, type='AdamW', lr=5e-4, weight_decay=0.05
                )
            )
    return changes


def choose_precision(
    asked: str | None, machine: Machine
) -> tuple[Choice, dict[str, Any]]:
    """Choose what the forward pass is computed in.

    Returns:
        The choice, and the config's changes for it.

    Raises:
        PretrainError: Unknown, or fp16 without a GPU.
    """
    if asked is not None and asked not in _PRECISIONS:
        raise PretrainError(
            f'precision must be one of {", ".join(_PRECISIONS)}, got {asked!r}'
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
        'fp32': {},
    }
    changes = dict(optim_wrapper=wrappers[value]) if wrappers[value] else {}
    return Choice('precision', value, why), changes


def choose_batch(
    asked: int | None, machine: Machine, draft: Config, size: int
) -> tuple[Trial, Choice]:
    """Choose the batch by training steps on noise.

    Raises:
        PretrainError: It does not fit.
    """
    device = 'cuda' if machine.gpus else 'cpu'
    wanted = asked or (
        _LARGEST_BATCH if machine.gpus else draft.train_dataloader.batch_size
    )
    trial = largest_batch(
        lambda batch: trial_step(draft, batch, size, device),
        wanted,
        machine.gpu_bytes,
    )
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

    lr = recipe's lr * batch / recipe's batch.

    Raises:
        PretrainError: The one asked for is not positive.
    """
    if asked is not None:
        if not asked > 0:
            raise PretrainError(f'lr must be positive, got {asked}')
        return Choice('lr', repr(float(asked)), 'as asked')
    rate = draft.optim_wrapper.optimizer.lr
    of_batch = draft.auto_scale_lr.base_batch_size
    lr = float(f'{rate * batch / of_batch:.6g}')
    return Choice('lr', repr(lr), f'{rate:g} for {of_batch}, in proportion')


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
    else:
        number, why = 1, 'reading is cheap, the cores train'
    return Choice('workers', str(number), why)


def choose_iterations(
    request: Request, data: DataFolder, base: Config, trial: Trial
) -> Choice:
    """Choose the length of the training.

    As many samples as the recipe sees, whatever the batch.

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
        why = f'{request.epochs:g} times {data.num_train} pairs'
    else:
        samples = base.train_cfg.max_iters * base.train_dataloader.batch_size
        number = round(samples / trial.batch)
        why = f"the recipe's {samples:,} samples"
    if number < 2:
        raise PretrainError(f'a training has at least 2 steps, got {number}')
    hours = number * trial.seconds / 3600
    took = f'{hours:.1f} h' if hours >= 1 else f'{60 * hours:.0f} min'
    return Choice('steps', str(number), f'{why}; about {took} of steps')


def schedule_changes(base: Config, iterations: int) -> dict[str, Any]:
    """Stretch or shrink the recipe's schedule to a length.

    Args:
        base: The config of the recipe.
        iterations: New length.

    Returns:
        Scheduler with all its marks, intervals of validation, checkpoints
        and logs.
    """
    old = base.train_cfg.max_iters

    def moved(mark: int) -> int:
        return mark and max(1, round(mark * iterations / old))

    schedulers = []
    for scheduler in base.param_scheduler:
        scheduler = dict(scheduler)
        for key in ('begin', 'end'):
            if isinstance(scheduler.get(key), int):
                scheduler[key] = moved(scheduler[key])
        if 'milestones' in scheduler:
            scheduler['milestones'] = [
                moved(mark) for mark in scheduler['milestones']
            ]
        schedulers.append(scheduler)
    val = moved(base.train_cfg.val_interval)
    return dict(
        param_scheduler=schedulers,
        train_cfg=dict(max_iters=iterations, val_interval=val),
        default_hooks=dict(
            checkpoint=dict(
                interval=moved(base.default_hooks.checkpoint.interval)
            ),
            logger=dict(
                interval=max(
                    1, min(base.default_hooks.logger.interval, val // 5)
                )
            ),
        ),
    )


def _base_of(machine: Machine, kind: str) -> str:
    return _GPU_BASES[kind] if machine.gpus else _CPU_BASE


def _backbone_choice(backbone: Backbone) -> Choice:
    config = {k: v for k, v in backbone.config.items() if k != 'type'}
    told = ', '.join(f'{k}={v}' for k, v in config.items())
    return Choice(
        'backbone',
        f'{backbone.config["type"]}({told})',
        f'a map of {backbone.channels} channels, stride {backbone.stride}',
    )


CMP_RECIPE = Recipe(
    name='cmp',
    learns_from=('pairs', 'videos'),
    advice=(
        'CMP learns from motion, which single images do not show. Give '
        'videos; folders that hold the frames of one video each, named in '
        'order; or lists of frame pairs with flow, as "mmssl flow" makes them'
    ),
    prepare=prepare,
    plan=plan,
)
