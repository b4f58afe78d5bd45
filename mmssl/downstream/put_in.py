"""Put a backbone into a task's config.

A task of the benchmark says by ``benchmark['slots']`` where the channels of
the maps go, and takes any architecture that fits. Any other config keeps its
own backbone, and gets its weights alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config, ConfigDict

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.downstream.freezing import frozen_whole, trained_whole
from mmssl.downstream.host_backbones import host_backbone
from mmssl.downstream.maps import maps_of
from mmssl.downstream.random_start import without_pretrained
from mmssl.downstream.slots import fill_slots

_READS_PREFIX_ONLY = ('mmdet', 'mmpose')  # their Swins


def put_in(config: Config, exported: Exported, scope: str) -> list[str]:
    """Put a backbone, or its weights, into a config.

    Args:
        config: Of a task; it is changed.
        exported: What is put in.
        scope: The task's host, whose modules are registered.

    Returns:
        What was changed beside the weights, for people.

    Raises:
        HandOffError: The model has no single backbone, or the task and the
            backbone do not fit.
    """
    model = config.get('model')
    own = model.get('backbone') if isinstance(model, Mapping) else None
    if not isinstance(own, Mapping):
        raise HandOffError(
            'config',
            'the config has no model.backbone to put weights into; its model '
            f'is {model and model.get("type")}',
        )
    notes = without_pretrained(config)
    if exported.file is not None:  # takes their place
        notes = [n for n in notes if not n.startswith('model.backbone')]
    benchmark = config.get('benchmark') or {}
    if 'slots' in benchmark and exported.config is not None:
        notes += _replaced(config, exported, scope, benchmark['slots'])
    backbone = config.model.backbone
    if backbone.get('convert_weights'):
        # the file is in the order of the mm projects already
        backbone.convert_weights = False
    if exported.file is None:
        return notes + _set_free(backbone, scope)
    _check_reader(backbone, exported, scope)
    backbone.init_cfg = ConfigDict(exported.init_cfg())
    return notes + _warnings(config, exported)


def _replaced(
    config: Config, exported: Exported, scope: str, slots: Any
) -> list[str]:
    """Replace the backbone, and write its channels where they are needed."""
    own = config.model.backbone
    before = maps_of(own, scope)
    new = host_backbone(exported, scope, own, len(before.channels) > 1)
    if before.frozen:
        new, after = frozen_whole(new, scope)
    else:
        after = maps_of(new, scope)
    config.model.backbone = ConfigDict(new)
    notes = fill_slots(config, slots, after, before)
    was, now = _named(own), _named(new)
    return [f'backbone: {was} -> {now}'] * (was != now) + notes


def _set_free(backbone: Any, scope: str) -> list[str]:
    """Train a random backbone, unless the task freezes all of it."""
    frozen = backbone.get('frozen_stages', -1) >= 0
    if frozen and maps_of(backbone, scope).frozen:
        return []
    return trained_whole(backbone)


def _named(backbone: Mapping[str, Any]) -> str:
    """Return a backbone's type and size."""
    size = [
        f'{name}={backbone[name]}'
        for name in ('arch', 'depth', 'depths', 'embed_dims', 'strides')
        if name in backbone
    ]
    kind = str(backbone['type']).split('.')[-1]
    return f'{kind}({", ".join(size)})'


def _check_reader(
    backbone: Mapping[str, Any], exported: Exported, scope: str
) -> None:
    """Refuse names that a host's own loader passes over."""
    kind = str(backbone['type'])
    theirs = scope in _READS_PREFIX_ONLY and kind in (
        'SwinTransformer',
        f'{scope}.SwinTransformer',
    )
    if theirs and not exported.prefix:
        raise HandOffError(
            'keys',
            f"{scope}'s Swin reads names that begin with 'backbone.' alone, "
            f'and those of {exported.file} do not: export it again with '
            "mmssl export, without --out-prefix ''",
        )


def _warnings(config: Config, exported: Exported) -> list[str]:
    """Return what gives other features, though every tensor arrives."""
    notes = []
    backbone = config.model.backbone
    if backbone.get('style') == 'caffe' and exported.kind == 'ResNet':
        notes.append(
            'WARNING: the config has a ResNet of style caffe, whose stride '
            'is in another convolution than in the file: '
            'model.backbone.style=pytorch'
        )
    pixels = config.model.get('data_preprocessor') or {}
    given = exported.pixels or {}
    for name in ('mean', 'std'):
        if not pixels.get(name) or not given.get(name):
            continue
        far = any(abs(a - b) > 0.5 for a, b in zip(pixels[name], given[name]))
        if far or len(pixels[name]) != len(given[name]):
            notes.append(
                f'WARNING: images have {name} {list(pixels[name])} here, and '
                f'{list(given[name])} (R, G, B) in the pretraining'
            )
    return notes
