"""From drawn people and places to a stage and a table of pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmssl.worlds.puppets.atlas import atlas
from mmssl.worlds.puppets.body import body_pieces
from mmssl.worlds.puppets.camera import CameraPath
from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.layout import Plan, layer_pieces, thing_piece
from mmssl.worlds.puppets.motion import Motion, stack
from mmssl.worlds.puppets.skeleton import Joint, Proportions
from mmssl.worlds.puppets.stage import Stage
from mmssl.worlds.puppets.table import Owned, PieceTable, piece_table


def draw_motions(
    rng: np.random.Generator,
    identities: Sequence[Identity],
    actions: Sequence[str | None] | None,
) -> list[Motion]:
    """Draw how each person moves.

    Raises:
        ValueError: ``actions`` is of another length, or names none.
    """
    if actions is None:
        actions = [None] * len(identities)
    if len(actions) != len(identities):
        raise ValueError(
            f'actions must name one for each of {len(identities)} people, '
            f'got {len(actions)}'
        )
    return [
        Motion.draw(
            rng,
            action,
            holds=person.wardrobe.held is not None,
            bent=0.18 if person.age == 'old' else 0.0,
        )
        for person, action in zip(identities, actions)
    ]


def lay_stage(
    size_hw: tuple[int, int],
    identities: Sequence[Identity],
    motions: list[Motion],
    plan: Plan,
    rng: np.random.Generator,
    camera_motion: float,
) -> Stage:
    """Put together who and what is there and how it moves."""
    sizes = np.array([p.proportions for p in identities], float)
    sizes = sizes.reshape(-1, len(Proportions._fields))
    return Stage(
        size_hw=size_hw,
        ground=plan.ground,
        people=Proportions(*sizes.T),
        stature=np.array([p.stature for p in identities], float),
        motion=stack(motions),
        people_at=plan.people_at,
        things=plan.things,
        things_at=plan.things_at,
        path=CameraPath.draw(rng, camera_motion),
    )


def lay_table(
    identities: Sequence[Identity],
    plan: Plan,
    stage: Stage,
    rng: np.random.Generator,
) -> PieceTable:
    """Return all pieces: of the people, the things, backdrop and ground."""
    height, width = stage.size_hw
    px = height * plan.people_at.near * stage.stature
    groups = [
        Owned(body_pieces(person), len(Joint) * i, i, px[i])
        for i, person in enumerate(identities)
    ]
    first, owner = len(Joint) * len(identities), len(identities)
    for i, thing in enumerate(plan.things):
        scale = height * plan.things_at.near[i] * thing.height
        groups.append(
            Owned(
                *([thing_piece(thing)], first + 2 * i, owner + i),
                *(scale, not thing.round),
            )
        )
    first, owner = first + 2 * len(plan.things), owner + len(plan.things)
    for i, layer in enumerate(layer_pieces(rng, width / height)):
        groups.append(Owned(layer, first + 2 * i, owner + i, height, True))
    return piece_table(groups, atlas(), rng)


def check_ranges(
    size_hw: tuple[int, int], *ranges: tuple[float, float]
) -> None:
    """Raise ValueError for a size or a range that cannot be."""
    if min(size_hw) < 16:
        raise ValueError(
            f'size_hw must be at least 16 px high and wide, got {size_hw}'
        )
    for low, high in ranges:
        if low < 0 or high < low:
            raise ValueError(
                'a range must be (from, to) with 0 <= from <= to, got '
                f'{(low, high)}'
            )
