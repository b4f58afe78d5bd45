"""What an exported file says about itself, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmssl.checkpoints.backbone_configs import mm_config
from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.export_state import Prepared
from mmssl.checkpoints.semantic_fold import plain_backbone

_OF_TRAINING = ('drop_path_rate', 'frozen_stages', 'init_cfg', 'with_cp')
# ImageNet's pixels, RGB in 0 .. 255, where the config says nothing else.
_PIXELS = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])


def of_export(
    ready: Prepared,
    checkpoint: Mapping[str, Any],
    out_prefix: str,
    semantic_weight: float | None,
    backbone: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the part of an export's meta that using it needs.

    Args:
        ready: The backbone.
        checkpoint: What it was taken from.
        out_prefix: Beginning of the names in the file.
        semantic_weight: Lambda that was folded.
        backbone: Config of the training; by default that in the checkpoint.

    Returns:
        ``prefix``; ``input`` (mean and std of R, G, B in 0 .. 255);
        ``backbone`` (config of the class that takes the file, or None),
        ``semantic_weight`` (the folded lambda, ``'adjustable'``, or not
        there), ``strides`` (of a plain Swin, where they are not the usual
        ones), ``position_grid`` (of a ViT), ``resized`` (texts).
    """
    meta: dict[str, Any] = {
        'prefix': out_prefix,
        'input': _input_of(checkpoint),
        'backbone': plain_data(_config_of(ready, checkpoint, backbone)),
    }
    strides = _strides_of(ready, checkpoint, backbone)
    if strides:
        meta['strides'] = strides
    if semantic_weight is not None:
        meta['semantic_weight'] = float(semantic_weight)
    elif ready.architecture.semantic:
        meta['semantic_weight'] = 'adjustable'
    if ready.grid is not None and ready.architecture.family == 'vit':
        meta['position_grid'] = list(ready.grid)
    if ready.resized:
        meta['resized'] = [str(one) for one in ready.resized]
    return meta


def plain_data(value: Any) -> Any:
    """Return dicts, lists, numbers and text in place of the like of them.

    JSON has no tuples, and what is read back should be the same.

    Example:
        >>> plain_data({'a': (1, 2)})
        {'a': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(k): plain_data(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(part) for part in value]
    if value is None or isinstance(value, (bool, float, int, str)):
        return value
    return str(value)


def _config_of(
    ready: Prepared,
    checkpoint: Mapping[str, Any],
    given: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    """Return the config of the class, with what the training's one adds."""
    config = mm_config(ready.architecture)
    given = _given(checkpoint, given)
    if config is None:
        return _of_training(ready, given) if 'type' in given else None
    if ready.architecture.semantic:
        for name in ('semantic_weight', 'strides'):
            if name in given:
                config[name] = given[name]
        config.setdefault('semantic_weight', 0.0)
    if ready.architecture.semantic and ready.architecture.family == 'swin':
        config['pad_small_map'] = bool(given.get('pad_small_map', True))
    return config


def _given(
    checkpoint: Mapping[str, Any], given: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Return the config given, else that in the checkpoint, else ``{}``."""
    if given is None:
        model = config_in_meta(checkpoint)
        given = model.get('backbone') if isinstance(model, Mapping) else None
    return given if isinstance(given, Mapping) else {}


def _strides_of(
    ready: Prepared,
    checkpoint: Mapping[str, Any],
    given: Mapping[str, Any] | None,
) -> list[int] | None:
    """Return a folded Swin's strides where they are not the usual ones."""
    found = _given(checkpoint, given).get('strides')
    plain = ready.architecture.family == 'swin' and (
        not ready.architecture.semantic
    )
    if not plain or not isinstance(found, (list, tuple)):
        return None
    return list(found) if set(found[1:]) != {2} else None


def _of_training(ready: Prepared, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the training's own config, for what shapes do not tell."""
    config = {k: v for k, v in given.items() if k not in _OF_TRAINING}
    if not ready.architecture.semantic:
        config = plain_backbone(config)
    if ready.architecture.family == 'vit' and ready.grid is not None:
        patch = ready.architecture.options['patch_size']
        config['img_size'] = [patch * side for side in ready.grid]
    return config


def _input_of(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return mean and std of the training."""
    model = config_in_meta(checkpoint)
    found = model.get('data_preprocessor') if isinstance(model, dict) else None
    pixels: dict[str, Any] = dict(_PIXELS)
    for name in _PIXELS:
        values = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(values, Sequence) and not isinstance(values, str):
            pixels[name] = [float(v) for v in values]
    return dict(pixels, channels='RGB')
