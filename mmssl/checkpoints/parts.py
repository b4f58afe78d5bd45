"""Which networks of a pretraining checkpoint an export takes.

Methods with a momentum teacher hold the backbone twice: the student that the
optimiser moves, and the teacher that follows it on average.
"""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """Beginnings of names in a checkpoint.

    Attributes:
        backbone: Of the backbone.
        fpn: Of the feature pyramid on it, where one was pretrained.
    """

    backbone: str
    fpn: str


PARTS = {
    'student': Part('backbone.', 'region.fpn.'),
    'teacher': Part('teacher.backbone.', 'teacher.region.fpn.'),
}


def find_part(part: str, prefix: str | None = None) -> Part:
    """Return the names of a part.

    Args:
        part: ``'student'`` (also of methods without a teacher) or
            ``'teacher'``.
        prefix: Beginning of the backbone's names in any other checkpoint; a
            pyramid is looked for in ``region.fpn.`` beside it.

    Raises:
        ValueError: Unknown part, or both are given.

    Example:
        >>> find_part('teacher').backbone
        'teacher.backbone.'
        >>> find_part('student', 'model.backbone.').fpn
        'model.region.fpn.'
    """
    if part not in PARTS:
        raise ValueError(
            f'part must be one of {", ".join(sorted(PARTS))}, got {part!r}'
        )
    if prefix is None:
        return PARTS[part]
    if part != 'student':
        raise ValueError(
            f'give the part ({part!r}) or the prefix ({prefix!r}), not both'
        )
    root = prefix[: -len('backbone.')] if prefix.endswith('backbone.') else ''
    return Part(prefix, f'{root}region.fpn.')
