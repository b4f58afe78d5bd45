"""A backbone's config in the words of the host that is to train it.

What the task's own config says of a network of the same family stays:
dilations, strides, frozen stages, norms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.downstream.exported import Exported

_RESNETS = ('ResNet', 'ResNetV1c', 'ResNetV1d', 'SemanticResNet')
_OF_ANY_SWIN = ('drop_path_rate', 'frozen_stages', 'strides', 'with_cp')
# Of other stems, or of what is loaded.
_NOT_OURS = (
    'avg_down',
    'deep_stem',
    'init_cfg',
    'pretrained',
    'stem_channels',
)


def host_backbone(
    exported: Exported, scope: str, own: Mapping[str, Any], several: bool
) -> dict[str, Any]:
    """Return the config of a backbone for a task.

    Args:
        exported: What is put in; its config is known.
        scope: The host.
        own: ``model.backbone`` of the task.
        several: Whether the task takes several maps, finest first, or the
            last one alone.

    Returns:
        The config without weights.
    """
    kind, config = exported.kind, dict(exported.config or {})
    same = str(own.get('type', '')).split('.')[-1] == kind
    if kind == 'SwinTransformer' and not same:
        own, same = _of_semantic(own), True
    if kind == 'ResNet':
        return _resnet(config['depth'], own, several)
    if kind == 'SwinTransformer':
        biased = 'stage_cfgs' in config
        if scope == 'mmpretrain' or biased:
            return _mmpretrain_swin(
                config, own if same else {}, exported, several
            )
        return _flat_swin(config, own if same else {}, exported, several)
    if kind in ('SemanticResNet', 'SemanticSwinTransformer'):
        stages = _stages(config)
        config['out_indices'] = _out(stages, several)
    kept = {k: v for k, v in own.items() if k not in _NOT_OURS} if same else {}
    if kind == 'VGG':
        kept.pop('norm_cfg', None)
    if kind == 'VisionTransformer':
        config['out_type'] = 'featmap'
    ours = kind.startswith('Semantic') or kind == 'AlexNetBN'
    return {**kept, **config, 'type': f'{_scope(config, ours)}.{kind}'}


def _of_semantic(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a Swin that follows lambda says for a plain one, too."""
    if str(own.get('type', '')).split('.')[-1] != 'SemanticSwinTransformer':
        return {}
    return {name: own[name] for name in _OF_ANY_SWIN if name in own}


def _scope(config: Mapping[str, Any], ours: bool) -> str:
    """Return where a class is registered."""
    scope, dot, _ = str(config['type']).rpartition('.')
    return scope if dot else 'mmssl' if ours else 'mmpretrain'


def _out(stages: int, several: bool) -> list[int]:
    return list(range(stages)) if several else [stages - 1]


def _stages(config: Mapping[str, Any]) -> int:
    """Return the number of stages of a ResNet or a Swin."""
    arch = config.get('arch')
    return len(arch['depths']) if isinstance(arch, Mapping) else 4


def _resnet(
    depth: int, own: Mapping[str, Any], several: bool
) -> dict[str, Any]:
    """Return a ResNet: the task's own one with another depth, if it is one."""
    scope, dot, kind = str(own.get('type', '')).rpartition('.')
    if kind in _RESNETS:
        kept = {k: v for k, v in own.items() if k not in _NOT_OURS}
        name = f'{scope}{dot}ResNet' if scope != 'mmssl' else 'ResNet'
        return dict(kept, type=name, depth=depth)
    return dict(
        type='ResNet',
        depth=depth,
        out_indices=_out(4, several),
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=False,
        style='pytorch',
    )


def _flat_swin(
    config: Mapping[str, Any],
    own: Mapping[str, Any],
    exported: Exported,
    several: bool,
) -> dict[str, Any]:
    """Return the arguments of the Swins of mmdet, mmpose and mmseg."""
    stages = _stages(config)
    drop = (*_NOT_OURS, 'convert_weights')
    kept = {k: v for k, v in own.items() if k not in drop}
    strides = [*(kept.get('strides') or ())]
    if len(strides) != stages:
        strides = [*(exported.strides or (4, *[2] * (stages - 1)))]
    patch = config.get('patch_size', 4)
    strides[0] = patch
    return {
        **kept,
        'type': 'SwinTransformer',
        **{k: _plain(v) for k, v in config['arch'].items()},
        'window_size': config['window_size'],
        'patch_size': patch,
        'strides': strides,
        'out_indices': _out(stages, several),
    }


def _mmpretrain_swin(
    config: Mapping[str, Any],
    own: Mapping[str, Any],
    exported: Exported,
    several: bool,
) -> dict[str, Any]:
    """Return the arguments of mmpretrain's Swin."""
    stages = _stages(config)
    kept = {
        k: v
        for k, v in own.items()
        if k not in (*_NOT_OURS, 'arch', 'stage_cfgs')
    }
    merging = dict((config.get('stage_cfgs') or {}).get('downsample_cfg', {}))
    changed = {k: v for k, v in config.items() if k != 'stage_cfgs'}
    changed['arch'] = {k: _plain(v) for k, v in config['arch'].items()}
    if exported.strides:
        each = [dict(merging, stride=s) for s in exported.strides[1:]]
        changed['stage_cfgs'] = [*(dict(downsample_cfg=d) for d in each), {}]
    elif merging:
        changed['stage_cfgs'] = dict(downsample_cfg=merging)
    return {
        **kept,
        **changed,
        'type': 'mmpretrain.SwinTransformer',
        'out_indices': _out(stages, several),
        'pad_small_map': True,
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
