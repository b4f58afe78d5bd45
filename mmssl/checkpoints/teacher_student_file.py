"""Published files of a student and its teacher -> mmssl: a pure renaming.

DINO wrote this layout, and SOLIDER kept it::

    {
        'student': {'module.backbone.*', 'module.head.*'},
        'teacher': {'backbone.*', 'head.*'},  # 'module.', with batch norm
        'dino_loss': {'center'},
        'optimizer': ...,
        'epoch': ...,
        'args': ...,
    }

A file may also hold the teacher alone (SOLIDER's ``convert_model.py`` saves
what is under ``'teacher'``), or one bare backbone (DINO's "backbone only").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from mmssl.checkpoints.conversion import refuse_unknown, without_wrapper
from mmssl.checkpoints.dino_names import (
    Renamer,
    rename_head_key,
    rename_network_key,
)

ENTRIES = ('student', 'teacher')
_REASONS = {
    'args': 'options of the published training',
    'epoch': 'kept as meta["epoch"]',
    'fp16_scaler': 'of the published training',
    'optimizer': 'numbered by the published order of parameters',
}
_COPIED = 'the file holds the teacher alone: the student starts as its copy'
_FILLED = (
    'the file holds no teacher: a model that has one starts it as a copy of '
    'the student'
)


class Networks(NamedTuple):
    """What a published file holds.

    Attributes:
        kind: 'full', 'student', 'teacher', or 'backbone'.
        tensors: Entry -> its tensors; entry ``''`` for a file without.
        rest: Names of the other entries.
    """

    kind: str
    tensors: dict[str, Mapping[str, Any]]
    rest: set[str]

    @property
    def best(self) -> Mapping[str, Any]:
        """The teacher's tensors, else those that there are."""
        return self.tensors.get('teacher') or next(iter(self.tensors.values()))


class Renamed(NamedTuple):
    """A published file in our names, as in :class:`Conversion`."""

    state_dict: dict[str, Tensor]
    renamed: dict[str, str]
    dropped: dict[str, str]
    notes: tuple[str, ...]


def networks_of(checkpoint: Mapping[str, Any]) -> Networks:
    """Return the networks of a file, and the names of its other entries.

    Args:
        checkpoint: The loaded file.

    Raises:
        ValueError: An entry holds no tensors.

    Example:
        >>> networks_of({'teacher': {'backbone.a': 1}, 'epoch': 3}).kind
        'teacher'
        >>> networks_of({'module.backbone.a': 1}).kind
        'teacher'
        >>> networks_of({'a': 1}).kind
        'backbone'
    """
    named = {n: checkpoint[n] for n in ENTRIES if n in checkpoint}
    if named:
        for name, tensors in named.items():
            if not isinstance(tensors, Mapping):
                raise ValueError(
                    f'{name!r} holds no tensors, but {tensors!r:.60}'
                )
        kind = 'full' if len(named) == len(ENTRIES) else next(iter(named))
        return Networks(kind, named, {str(k) for k in checkpoint} - {*named})
    rest: set[str] = set()
    for entry in ('state_dict', 'model'):
        if isinstance(checkpoint.get(entry), Mapping):
            rest = {str(key) for key in checkpoint if key != entry}
            checkpoint = checkpoint[entry]
            break
    whole = any(_plain(key).startswith('backbone.') for key in checkpoint)
    return Networks(
        'teacher' if whole else 'backbone',
        {'teacher' if whole else '': checkpoint},
        rest,
    )


def backbone_keys(networks: Networks) -> set[str]:
    """Return the names in a file's backbone, without their beginnings."""
    keys = {_plain(key) for key in networks.best}
    if networks.kind == 'backbone':
        return keys
    root = 'backbone.'
    return {key[len(root) :] for key in keys if key.startswith(root)}


def has_projector(checkpoint: Mapping[str, Any]) -> bool:
    """Whether a file has student or teacher with what follows the backbone.

    Nothing but a published file of DINO or SOLIDER is named so.

    Args:
        checkpoint: The loaded file.

    Example:
        >>> has_projector({'backbone.a': 1, 'head.last_layer.weight_g': 1})
        True
    """
    if any(isinstance(checkpoint.get(n), Mapping) for n in ENTRIES):
        return True
    return any(_plain(key).startswith('head.last_') for key in checkpoint)


def rename_networks(
    checkpoint: Mapping[str, Any],
    networks: Networks,
    backbone: Renamer,
    where: str,
) -> Renamed:
    """Rename everything in a file that has a place here.

    Args:
        checkpoint: The loaded file.
        networks: What :func:`networks_of` says of it.
        backbone: Renames a backbone's tensors.
        where: What the file is of, for the error.

    Returns:
        The renamed file: ``backbone.``, ``neck.``, the same of ``teacher.``,
        and ``head.center``. A teacher alone becomes the student, too.

    Raises:
        ValueError: Keys of unknown meaning, values that are no tensors, or
            keys that occur with and without ``'module.'``.
    """
    named: dict[str, tuple[str | None, Any]] = {}
    for entry, tensors in networks.tensors.items():
        before = f'{entry}/' if entry in checkpoint else ''
        for key, tensor in tensors.items():
            named[f'{before}{key}'] = (_new_name(key, entry, backbone), tensor)
    rest = set(networks.rest)
    for old, new, tensor in _of_losses(checkpoint):
        named[old] = (new, tensor)
        rest.discard(old.split('/')[0])
    refuse_unknown((old for old, (new, _) in named.items() if not new), where)
    others = [k for k, (_, t) in named.items() if not isinstance(t, Tensor)]
    if others:
        raise ValueError(f'these keys hold no tensors: {sorted(others)[:5]}')
    state = {str(new): tensor for new, tensor in named.values()}
    if len(state) < len(named):
        raise ValueError('keys occur both with and without a prefix')
    notes = {'teacher': (_COPIED,), 'full': ()}.get(networks.kind, (_FILLED,))
    if networks.kind == 'teacher':
        state = {**_as_student(state), **state}
    return Renamed(
        state,
        {old: str(new) for old, (new, _) in named.items()},
        {
            key: _REASONS.get(key, 'no part of the networks')
            for key in sorted(rest)
        },
        notes,
    )


def epoch_of(checkpoint: Mapping[str, Any]) -> int | None:
    """Return the epochs that a file says were trained."""
    epoch = checkpoint.get('epoch')
    return epoch if isinstance(epoch, int) else None


def _plain(key: object) -> str:
    return without_wrapper(str(key))


def _new_name(key: object, entry: str, backbone: Renamer) -> str | None:
    """Return the new name of a tensor of one network."""
    if not entry:
        new = backbone(_plain(key))
        return None if new is None else f'backbone.{new}'
    new = rename_network_key(str(key), backbone)
    return f'teacher.{new}' if new and entry == 'teacher' else new


def _of_losses(checkpoint: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Return old name, new name and tensor of what losses keep."""
    found: list[tuple[str, str, Any]] = []
    loss = checkpoint.get('dino_loss')
    if isinstance(loss, Mapping):
        found += [
            (f'dino_loss/{key}', 'head.center', value)
            for key, value in loss.items()
            if key == 'center'
        ]
    parts = checkpoint.get('part_classifier')
    if isinstance(parts, Mapping):
        for key, value in parts.items():
            new = rename_head_key(_plain(key))
            if new is not None:
                old = f'part_classifier/{key}'
                found.append((old, f'semantic_head.{new}', value))
    return found


def _as_student(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a teacher's tensors under the student's names."""
    root = 'teacher.'
    return {
        name[len(root) :]: tensor
        for name, tensor in state.items()
        if name.startswith(root)
    }
