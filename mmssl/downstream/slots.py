"""Where a task's config takes the channels of a backbone's maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

from mmengine.config import Config

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.maps import Maps

SLOTS = ('all', 'before_last', 'last')
_PLACE = 'in_index'
_DECONVS = ('deconv_out_channels', 'deconv_kernel_sizes')

Slots = Mapping[str, Union[str, Sequence[str]]]


def fill_slots(
    config: Config, slots: Slots, maps: Maps, own: Maps
) -> list[str]:
    """Write the channels of a backbone's maps into a config.

    Also the places (``in_index``) of the maps that a head takes; and a
    pose head gets so many deconvolutions that its heatmaps keep their size.

    Args:
        config: Of the task; it is changed.
        slots: What -> one key or several, with dots: ``'last'`` (channels
            of the last map), ``'before_last'`` and ``'all'`` (a list).
        maps: Of the backbone that is put in.
        own: Of the backbone that the config was written for.

    Returns:
        What was changed, for people.

    Raises:
        HandOffError: Unknown slots or keys, or a neck that builds a pyramid
            gets none.
    """
    unknown = sorted(set(slots) - set(SLOTS))
    if unknown:
        raise HandOffError(
            'config',
            f'unknown benchmark.slots {", ".join(unknown)}; valid: '
            f'{", ".join(SLOTS)}',
        )
    notes = []
    for what, keys in slots.items():
        for key in [keys] if isinstance(keys, str) else keys:
            node, name = _node(config, key)
            if what == 'all' and '.neck' in key:
                _check_pyramid(node, maps)
            value = _value(what, maps)
            if node.get(name) != value:
                notes.append(f'{key}: {node.get(name)} -> {value}')
            node[name] = value
            _set_place(node, what, len(maps.channels))
    return notes + _fit_deconvs(config, maps, own)


def _node(config: Config, key: str) -> tuple[Any, str]:
    """Return the dict that holds a key, and the key's last word."""
    node: Any = config
    *above, name = key.split('.')
    for word in above:
        inside = _inside(node, word)
        if inside is None:
            raise HandOffError(
                'config',
                f'benchmark.slots names {key!r}, and the config has no '
                f'{word!r} there',
            )
        node = inside
    return node, name


def _inside(node: Any, word: str) -> Any:
    """Return what a config has at a place, None if nothing."""
    if isinstance(node, (list, tuple)):
        there = word.isdigit() and int(word) < len(node)
        return node[int(word)] if there else None
    return node.get(word) if isinstance(node, (Config, Mapping)) else None


def _value(what: str, maps: Maps) -> Any:
    if what == 'all':
        return list(maps.channels)
    place = -1 if what == 'last' else -2
    if len(maps.channels) < -place:
        raise HandOffError(
            'misfit',
            f'the task takes the map before the last one, and the backbone '
            f'gives out {maps}',
        )
    return maps.channels[place]


def _set_place(node: Any, what: str, number: int) -> None:
    """Tell a head of mmseg which maps it takes."""
    place = node.get(_PLACE)
    if isinstance(place, (list, tuple)):
        node[_PLACE] = list(range(number))
    elif isinstance(place, int) and place >= 0:
        node[_PLACE] = number - (1 if what == 'last' else 2)


def _check_pyramid(neck: Mapping[str, Any], maps: Maps) -> None:
    """Refuse what a feature pyramid cannot be built on."""
    finer = all(a < b for a, b in zip(maps.strides, maps.strides[1:]))
    if len(maps.channels) >= 3 and finer:
        return
    raise HandOffError(
        'misfit',
        f'the neck {neck.get("type")} builds a pyramid on three maps or '
        f'more, each coarser than the one before, and the backbone gives '
        f'out {maps}: choose a task whose head takes the last map alone '
        '(pose, classification), or a backbone with stages (ResNet, Swin)',
    )


def _fit_deconvs(config: Config, maps: Maps, own: Maps) -> list[str]:
    """Keep a pose head's heatmaps in size for a map of another stride."""
    head: Any = config.model.get('head')
    if not isinstance(head, dict) or not head.get(_DECONVS[0]):
        return []
    now, target = own.strides[-1], maps.strides[-1]
    steps = 0
    while now != target and steps > -8:
        now, steps = (
            (now // 2, steps - 1) if now > target else (now * 2, steps + 1)
        )
    number = len(head[_DECONVS[0]]) + steps
    if number < 0:
        raise HandOffError(
            'misfit',
            f'the heatmaps of {head.get("type")} are coarser than the '
            f'backbone gives out: {maps}',
        )
    if not steps:
        return []
    for name in _DECONVS:
        values = list(head.get(name) or [4] * (number - steps))
        head[name] = (values + values[-1:] * 8)[:number]
    return [f'model.head: {number} deconvolutions, as stride is {target}']
