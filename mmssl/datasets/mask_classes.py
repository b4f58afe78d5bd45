"""Which class each value of an index mask stands for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Union

import numpy as np

from mmssl.datasets.mask_groups import GROUPINGS

IGNORED = -100  # torch's own number for "not in the loss"
IGNORED_GROUP = 'ignored'
_REST = '*'
_NO_CLASS = -1

Names = Union[Sequence[str], str, Path]
Groups = Union[Mapping[str, Any], str, Path, None]


class MaskClasses(NamedTuple):
    """Classes of masks, after grouping.

    Attributes:
        names: In the order of the labels.
        table: (values,) int16: the label of each value of a mask; -100: not
            judged, -1: no class.
    """

    names: tuple[str, ...]
    table: np.ndarray

    def labels(self, mask: np.ndarray) -> np.ndarray:
        """Return the label of each pixel, (H, W) int16.

        Args:
            mask: (H, W) whole numbers.

        Raises:
            ValueError: A value is no class.
        """
        top = len(self.table) - 1
        mask = mask.astype(np.int64)  # 8 bits do not hold a larger top
        found = self.table[np.clip(mask, 0, top)]
        outside = (found == _NO_CLASS) | (mask > top) | (mask < 0)
        if outside.any():
            bad = np.unique(mask[outside])
            raise ValueError(
                f'holds the values {bad[:5].tolist()}, which are no class '
                f'(there are {int((self.table != _NO_CLASS).sum())} known '
                'values): name all classes, or give ignore_index'
            )
        return found


def mask_classes(
    classes: Names,
    groups: Groups = None,
    ignore_index: int | Sequence[int] | None = 255,
) -> MaskClasses:
    """Return what the values of masks stand for.

    Args:
        classes: Names in the order of the values, or a file: json with a
            list, or with ``{"classes": [...]}``, else one name per line.
        groups: Coarser classes: name -> names of the classes in it, in the
            order of the new labels; '*' in place of the names takes all that
            no other group has; the group 'ignored' is not judged. A file: the
            same as json. A name of :data:`~mmssl.datasets.mask_groups.
            GROUPINGS`, such as 'people': of its words those that are classes.
            None: the classes as they are.
        ignore_index: Value or values that are not judged, whatever
            ``classes`` calls them; None: none.

    Returns:
        Names and table.

    Raises:
        ValueError: A name stands twice, is in no group or is unknown.
        OSError: A file cannot be read.

    Example:
        >>> found = mask_classes(
        ...     ['null', 'hat', 'jeans', 'skirt'],
        ...     {'other': '*', 'legs': ['jeans', 'skirt']},
        ... )
        >>> found.names, found.labels(np.array([[0, 1, 2, 255]])).tolist()
        (('other', 'legs'), [[0, 0, 1, -100]])
    """
    names = _unique(_names(classes), 'classes')
    ignored = _values(ignore_index)
    size = max([len(names), *(value + 1 for value in ignored)])
    table = np.full(size, _NO_CLASS, np.int16)
    judged = [i for i in range(len(names)) if i not in ignored]
    grouping = _grouping(groups, [names[i] for i in judged])
    labels: dict[str, int] = {}
    coarse = [group for group in grouping if group != IGNORED_GROUP]
    for group, members in grouping.items():
        label = IGNORED if group == IGNORED_GROUP else coarse.index(group)
        labels.update(dict.fromkeys(members, label))
    for i in judged:
        table[i] = labels[names[i]]
    table[sorted(ignored)] = IGNORED
    if len(coarse) < 2:
        raise ValueError(
            f'at least two classes are needed, got {coarse}: a segmentation '
            'tells classes apart'
        )
    return MaskClasses(tuple(coarse), table)


def _names(classes: Names) -> list[str]:
    """Return the names of a list or of a file."""
    if not isinstance(classes, (str, Path)):
        return [str(name) for name in classes]
    text = Path(classes).read_text('utf-8-sig')
    if Path(classes).suffix.lower() != '.json':
        return [line.strip() for line in text.splitlines() if line.strip()]
    content = _parsed(text, classes)
    if isinstance(content, Mapping):
        content = content.get('classes')
    if not isinstance(content, list):
        raise ValueError(
            f'{classes} must hold a list of names, or an object with '
            '"classes": [names]'
        )
    return [str(name) for name in content]


def _grouping(groups: Groups, names: list[str]) -> dict[str, list[str]]:
    """Return the names in each group; each name is in exactly one."""
    if groups is None:
        return {name: [name] for name in names}
    given = _given(groups, names)
    members: dict[str, list[str]] = {}
    rest = [group for group, value in given.items() if value == _REST]
    for group, value in given.items():
        if isinstance(value, str) and value != _REST:
            raise ValueError(
                f'the group {group!r} must be a list of classes or {_REST!r}, '
                f'got {value!r}'
            )
        members[group] = [] if value == _REST else [*map(str, value)]
    taken = [name for part in members.values() for name in part]
    if taken:
        _unique(taken, 'groups')
    unknown = sorted(set(taken) - set(names))
    left = [name for name in names if name not in set(taken)]
    if unknown or len(rest) > 1 or (left and not rest):
        raise ValueError(
            f'groups must have each class once; unknown: {unknown or "none"}, '
            f'in no group: {left or "none"}, groups of all others '
            f'({_REST!r}): {rest or "none"}. Valid classes: '
            f'{", ".join(sorted(names))}'
        )
    if rest:
        members[rest[0]] = left
    return members


def _given(groups: Any, names: list[str]) -> Mapping[str, Any]:
    """Return the mapping that a grouping's name, a file or a config says."""
    if isinstance(groups, str) and groups in GROUPINGS:
        known = set(names)
        found = {
            group: [word for word in words if word in known]
            for group, words in GROUPINGS[groups].items()
        }
        return {group: words for group, words in found.items() if words}
    if isinstance(groups, (str, Path)):
        if not Path(groups).is_file():
            raise ValueError(
                f'groups={str(groups)!r} is neither a file nor one of '
                f'{sorted(GROUPINGS)}'
            )
        groups = _parsed(Path(groups).read_text('utf-8-sig'), groups)
    if not isinstance(groups, Mapping):
        raise ValueError(
            'groups must map names of groups to lists of classes, got '
            f'{type(groups).__name__}'
        )
    return groups


def _parsed(text: str, path: str | Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f'{path} is no json file: {error}') from None


def _values(ignore_index: int | Sequence[int] | None) -> set[int]:
    """Return the values that are not judged."""
    if ignore_index is None:
        return set()
    given: Iterable[int] = (
        [ignore_index] if isinstance(ignore_index, int) else ignore_index
    )
    values = {int(value) for value in given}
    if any(value < 0 for value in values):
        raise ValueError(
            f'ignore_index must be values of masks, >= 0, got {ignore_index}'
        )
    return values


def _unique(names: list[str], what: str) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        told = f'{twice[:5]} twice' if twice else 'no name'
        raise ValueError(f'{what} hold {told}')
    return names
