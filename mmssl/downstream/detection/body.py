"""COCO's 17 keypoints of a person: names, sides, spread."""

from __future__ import annotations

from collections.abc import Sequence

KEYPOINTS = (
    'nose',
    'left_eye',
    'right_eye',
    'left_ear',
    'right_ear',
    'left_shoulder',
    'right_shoulder',
    'left_elbow',
    'right_elbow',
    'left_wrist',
    'right_wrist',
    'left_hip',
    'right_hip',
    'left_knee',
    'right_knee',
    'left_ankle',
    'right_ankle',
)

_OTHER_SIDE = {'left': 'right', 'right': 'left'}


def flip_indices(names: Sequence[str]) -> list[int]:
    """Return for each keypoint the one that it becomes in a mirror.

    Args:
        names: Those of a side begin with ``left_`` or ``right_``.

    Returns:
        ``indices[k]``: the keypoint at whose place k is after a flip.

    Raises:
        ValueError: A keypoint of one side has none on the other.

    Example:
        >>> flip_indices(('nose', 'left_eye', 'right_eye'))
        [0, 2, 1]
    """
    indices = []
    for name in names:
        side, _, part = name.partition('_')
        other = f'{_OTHER_SIDE[side]}_{part}' if side in _OTHER_SIDE else name
        if other not in names:
            raise ValueError(
                f'keypoint {name!r} needs {other!r} on the other side; '
                f'there are {", ".join(sorted(names))}'
            )
        indices.append(list(names).index(other))
    return indices
