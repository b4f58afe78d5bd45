"""How CMP is pretrained on the data and the machine at hand.

Without a GPU the settings are those of ``cmp_r18_cpu-demo``, with one those
of ``cmp_r50_1xb32-20k``; what is written is what differs from them.
"""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

from mmssl.engine.run_config import load_config
from mmssl.pretraining import cmp_data
from mmssl.pretraining.backbones import Backbone, find_backbone
from mmssl.pretraining.batch_trial import Trial, trial_step
from mmssl.pretraining.config_text import merged, parse, render
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Choice, Plan, Recipe, Request
from mmssl.pretraining.settings import (
    choose_batch,
    choose_iterations,
    choose_lr,
    choose_precision,
    choose_workers,
    schedule_changes,
)

_CPU_BASE = 'mmssl::cmp/cmp_r18_cpu-demo.py'
_GPU_BASES = {
    'pairs': 'mmssl::cmp/cmp_r50_1xb32-20k_videos.py',
    'videos': 'mmssl::cmp/cmp_r50_1xb32-20k_online.py',
}
# The smallest published global batch, at the published rate.
_LARGEST_BATCH = 64


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
    wanted = draft.train_dataloader.batch_size
    device = 'cuda' if machine.gpus else 'cpu'

    def measure(number: int) -> Trial:
        return trial_step(draft, number, size, device)

    trial, batch = choose_batch(
        request.batch_size,
        _LARGEST_BATCH if machine.gpus else wanted,
        machine,
        measure,
    )
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
            changes['auto_scale_lr'] = dict(rule='sqrt')
    return changes


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
