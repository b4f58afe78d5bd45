"""How CMP is pretrained on the data and the machine at hand.

Without a GPU the settings are those of ``cmp_r18_cpu-demo``, with one those
of ``cmp_r50_1xb32-20k``; what is written is what differs from them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mmengine.config import Config

from mmssl.engine.run_config import load_config
from mmssl.pretraining import cmp_data
from mmssl.pretraining.backbones import Backbone, find_backbone
from mmssl.pretraining.config_text import merged
from mmssl.pretraining.data_folder import (
    DataFolder,
    PretrainError,
    inspect_folder,
)
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.noise import flow_noise
from mmssl.pretraining.planning import Draft, backbone_choice, complete
from mmssl.pretraining.recipes import Plan, Recipe, Request, backbone_of

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
    backbone = find_backbone(
        backbone_of(request, machine), size, machine.gpus > 0
    )
    statements, changes = cmp_data.data_statements(data, request, base)
    changes = merged(changes, model_changes(backbone, base))
    draft = Draft(
        base=name,
        statements=tuple(statements),
        changes=changes,
        wanted=(
            _LARGEST_BATCH
            if machine.gpus
            else base.train_dataloader.batch_size
        ),
        make_batch=partial(flow_noise, size=size),
        told=(
            cmp_data.data_choice(data, request, machine),
            backbone_choice(backbone),
        ),
    )
    return complete(draft, data, request, machine)


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


CMP_RECIPE = Recipe(
    name='cmp',
    learns_from=('pairs', 'videos'),
    advice=(
        'CMP learns from motion, which single images do not show. Give '
        'videos; folders that hold the frames of one video each, named in '
        'order; or lists of frame pairs with flow, as "mmssl flow" makes them'
    ),
    inspect=inspect_folder,
    prepare=prepare,
    plan=plan,
)
