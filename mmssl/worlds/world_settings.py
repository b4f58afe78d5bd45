"""How large a generated world is: the presets, and what changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# Below these, limbs are thinner than a pixel and nothing can be learned.
LEAST_FRAME_PX = 64
LEAST_PERSON_PX = 48

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class WorldSettings:
    """What decides every byte of a world.

    Args:
        preset: Name of the preset that the rest is from.
        seed: Seed of everything drawn, >= 0.
        flow_hw: Height and width of the pairs with flow, px.
        frame_hw: Height and width of scenes and of person search, px.
        person_px: Height of pictures of one person, px.
        counts: What each part holds, see :data:`PRESETS`.

    Raises:
        ValueError: A size is too small, or the seed is negative.
    """

    preset: str
    seed: int
    flow_hw: tuple[int, int]
    frame_hw: tuple[int, int]
    person_px: int
    counts: Counts

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f'seed must be >= 0, got {self.seed}')
        for what, side in (('flow', self.flow_hw), ('frame', self.frame_hw)):
            if min(side) < LEAST_FRAME_PX:
                raise ValueError(
                    f'frames must be at least {LEAST_FRAME_PX} px high and '
                    f'wide, got {side[0]} x {side[1]} for {what}: smaller '
                    'figures have limbs thinner than a pixel'
                )
        if self.person_px < LEAST_PERSON_PX:
            raise ValueError(
                'pictures of one person must be at least '
                f'{LEAST_PERSON_PX} px high, got {self.person_px}'
            )

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON data."""
        values = asdict(self)
        for key in ('flow_hw', 'frame_hw'):
            values[key] = list(values[key])
        return values


# Pairs, frames and pictures by split. Identities are people that are seen
# again: by `cameras` cameras, in `images` pictures of each.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    'tiny': dict(
        flow_hw=(96, 96),
        frame_hw=(96, 96),
        person_px=64,
        counts=dict(
            flow=dict(train=6, val=4),
            scenes=dict(train=8, val=6),
            people=dict(train=12, val=4),
            lip=dict(train=8, val=6),
            market1501=dict(
                train_identities=4, test_identities=4, cameras=2, images=2
            ),
            pa100k=dict(train=8, val=4, test=6),
            prw=dict(
                train_identities=4, test_identities=4, cameras=2, images=2
            ),
        ),
    ),
    'small': dict(
        flow_hw=(160, 160),
        frame_hw=(160, 160),
        person_px=128,
        counts=dict(
            flow=dict(train=400, val=60),
            scenes=dict(train=400, val=120),
            people=dict(train=1000, val=100),
            lip=dict(train=400, val=150),
            market1501=dict(
                train_identities=40, test_identities=40, cameras=4, images=2
            ),
            pa100k=dict(train=300, val=60, test=150),
            prw=dict(
                train_identities=16, test_identities=12, cameras=3, images=2
            ),
        ),
    ),
    'full': dict(
        flow_hw=(160, 160),
        frame_hw=(256, 256),
        person_px=128,
        counts=dict(
            flow=dict(train=2000, val=200),
            scenes=dict(train=2000, val=400),
            people=dict(train=4000, val=400),
            lip=dict(train=1500, val=500),
            market1501=dict(
                train_identities=150, test_identities=100, cameras=6, images=2
            ),
            pa100k=dict(train=1500, val=300, test=500),
            prw=dict(
                train_identities=60, test_identities=45, cameras=4, images=3
            ),
        ),
    ),
}


def settings_of(
    preset: str,
    seed: int = 0,
    size_hw: tuple[int, int] | None = None,
    person_px: int | None = None,
) -> WorldSettings:
    """Return the settings of a preset, with other sizes where given.

    Args:
        preset: One of :data:`PRESETS`.
        seed: Seed of everything drawn.
        size_hw: Height and width of all frames, px.
        person_px: Height of pictures of one person, px.

    Raises:
        ValueError: No such preset, or a size that is too small.

    Example:
        >>> settings_of('tiny').counts['flow']
        {'train': 6, 'val': 4}
        >>> settings_of('tiny', size_hw=(128, 64)).frame_hw
        (128, 64)
    """
    if preset not in PRESETS:
        raise ValueError(
            f'unknown preset {preset!r}; valid: {", ".join(sorted(PRESETS))}'
        )
    values = dict(PRESETS[preset])
    if size_hw is not None:
        values.update(flow_hw=tuple(size_hw), frame_hw=tuple(size_hw))
    if person_px is not None:
        values.update(person_px=person_px)
    return WorldSettings(preset, seed, **values)
