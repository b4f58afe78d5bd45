"""How an exported file is used, as text to copy into a config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_STAGES = 4  # that mmdet's Swin gives out unless told otherwise
_SEMANTIC_NOTE = (
    '# needs mmssl; semantic_weight is lambda: 0 appearance (re-ID), '
    '1 semantics (parsing, pose)'
)
_TIMM_SWIN_NOTE = (
    '# features are equal where every map is a multiple of the window (224 '
    'px); elsewhere timm pads after the shift, mm before it'
)


def usage_of(meta: Mapping[str, Any], file: str | Path) -> str:
    """Return what to write into a config, or a program, to use an export.

    Args:
        meta: Of the export: ``layout``, ``prefix`` (beginning of its names)
            and ``backbone`` (config of the class that takes it, or None).
        file: Its path.

    Returns:
        Lines of Python, with the project each is for; '' where the backbone
        is not known.
    """
    backbone = meta.get('backbone')
    if not isinstance(backbone, Mapping):
        return ''
    if meta.get('layout') != 'mm':
        text = _of_program(str(meta['layout']), backbone, str(file))
    else:
        text = _of_config(meta, backbone, str(file))
    pixels = meta.get('input')
    if isinstance(pixels, Mapping):
        text += (
            f'\n# input: RGB 0..255, mean={_value(pixels["mean"])}, '
            f'std={_value(pixels["std"])}'
        )
    return text


def _of_config(
    meta: Mapping[str, Any], backbone: Mapping[str, Any], file: str
) -> str:
    """Return the lines for a config of an OpenMMLab project."""
    init = dict(type='Pretrained', checkpoint=file)
    if meta.get('prefix'):
        init['prefix'] = meta['prefix']
    kind = str(backbone['type']).split('.')[-1]
    config = {k: v for k, v in backbone.items() if k != 'type'}
    if kind == 'SwinTransformer':
        return '\n'.join(_plain_swin(config, init, meta.get('strides')))
    if kind.startswith('Semantic'):
        return (
            f'{_SEMANTIC_NOTE}\n'
            + "custom_imports = dict(imports=['mmssl.models'])\n"
            + _line('mmssl.' + kind, dict(config, init_cfg=init))
        )
    where = '# mmpretrain, mmdet, mmseg, mmpose\n'
    if kind in ('VisionTransformer', 'VGG'):
        where = '# mmpretrain\n'
    return where + _line(kind, dict(config, init_cfg=init))


def _plain_swin(
    config: dict[str, Any], init: dict[str, Any], strides: Any
) -> list[str]:
    """Return the lines for mmdet and its like, and for mmpretrain.

    Args:
        config: For mmpretrain's class, without its type.
        init: The ``init_cfg``.
        strides: Of patch embedding and merging; None: the usual ones.
    """
    lines = []
    needs_bias = 'stage_cfgs' in config
    if not needs_bias:
        note = '# mmdet, mmseg, mmpose (convert_weights=False)'
        if strides is None:
            note += '; dense tasks add strides=(4, 2, 2, 1)'
        lines += [note, _line('SwinTransformer', _flat(config, init, strides))]
    elif strides:
        note = '# and the strides of the training in stage_cfgs: '
        lines.append(f'{note}{_value(strides)}')
    if strides and not needs_bias:
        merging = [dict(downsample_cfg=dict(stride=s)) for s in strides[1:]]
        config = dict(config, stage_cfgs=[*merging, {}])
    note = '# mmpretrain' + ' alone (bias in patch merging)' * needs_bias
    whole = dict(config, pad_small_map=True, init_cfg=init)
    return [*lines, note, _line('mmpretrain.SwinTransformer', whole)]


def _flat(
    config: Mapping[str, Any], init: Mapping[str, Any], strides: Any
) -> dict[str, Any]:
    """Return the arguments of the Swins of mmdet, mmseg and mmpose."""
    stages = len(config['arch']['depths'])
    flat = {**config['arch'], 'window_size': config['window_size']}
    if stages != _STAGES:
        flat['out_indices'] = list(range(stages))
        strides = strides or [4, *[2] * (stages - 1)]
    if config.get('patch_size', 4) != 4:
        flat['patch_size'] = config['patch_size']
        strides = [config['patch_size'], *(strides or [4, 2, 2, 2])[1:]]
    if strides:
        flat['strides'] = strides
    # their own loaders cut the prefix off
    flat['init_cfg'] = {k: v for k, v in init.items() if k != 'prefix'}
    return flat


def _of_program(layout: str, backbone: Mapping[str, Any], file: str) -> str:
    """Return how a file without meta is read in timm or torchvision."""
    kind = str(backbone['type']).split('.')[-1]
    note = f'{_TIMM_SWIN_NOTE}\n' * (layout == 'timm' and 'Swin' in kind)
    reader = (
        f"state = safetensors.torch.load_file('{file}')"
        if file.endswith('.safetensors')
        else f"state = torch.load('{file}', weights_only=True)"
    )
    return (
        f'# {layout}; the classifier is missing\n{note}{reader}\n'
        'model.load_state_dict(state, strict=False)'
    )


def _line(kind: str, config: Mapping[str, Any]) -> str:
    """Return ``backbone = dict(type=..., ...)``, one line for each entry."""
    entries = [
        f'    {name}={_value(value)},' for name, value in config.items()
    ]
    return '\n'.join([f"backbone = dict(\n    type='{kind}',", *entries, ')'])


def _value(value: Any) -> str:
    """Return a value as a config has it."""
    if isinstance(value, Mapping):
        inner = ', '.join(f'{k}={_value(v)}' for k, v in value.items())
        return f'dict({inner})'
    return repr(value)
