"""A scene: people, things, ground and camera; it can be seen at any time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.atlas import atlas
from mmssl.worlds.puppets.camera import CameraLook, Lighting
from mmssl.worlds.puppets.frame import Frame, FramePair
from mmssl.worlds.puppets.geometry import Geometry, geometry
from mmssl.worlds.puppets.head import head_profile
from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.layout import draw_plan
from mmssl.worlds.puppets.motion_labels import flow_between, occlusion
from mmssl.worlds.puppets.person_labels import object_states, person_states
from mmssl.worlds.puppets.raster import Raster, rasterize
from mmssl.worlds.puppets.setting import (
    check_ranges,
    draw_motions,
    lay_stage,
    lay_table,
)
from mmssl.worlds.puppets.shading import develop, paint, piece_numbers
from mmssl.worlds.puppets.shadows import shadow_ellipses
from mmssl.worlds.puppets.shapes import Profile
from mmssl.worlds.puppets.stage import Placement, Stage
from mmssl.worlds.puppets.table import PieceTable


class _Moment(NamedTuple):
    """What is known of a scene at a time before it is painted."""

    placement: Placement
    geometry: Geometry
    raster: Raster


class Scene:
    """A scene; made by :meth:`draw`.

    Args:
        people: Who is there.
        stage: Where everything is and how it moves.
        table: All pieces.
        light: Of the scene.
        look: Of the camera.
        noise_seed: Seed of the camera's noise.

    Example:
        >>> scene = Scene.draw(np.random.default_rng(0), (64, 64))
        >>> frame = scene.render(0.0)
        >>> frame.image.shape, frame.parts.dtype.name, len(frame.people) > 0
        ((64, 64, 3), 'uint8', True)
    """

    def __init__(
        self,
        people: tuple[Identity, ...],
        stage: Stage,
        table: PieceTable,
        light: Lighting,
        look: CameraLook,
        noise_seed: int,
    ) -> None:
        self.people = people
        self.stage = stage
        self.table = table
        self.light = light
        self.look = look
        self.noise_seed = noise_seed
        self._statures = np.array([p.stature for p in people], float)
        self._heads: list[Profile] = [head_profile(p) for p in people]
        self._named = [
            i for i, thing in enumerate(stage.things) if thing.category
        ]
        self._marks = _marks(table, len(people), self._named)

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        size_hw: tuple[int, int] = (256, 256),
        num_people: tuple[int, int] = (1, 5),
        identities: Sequence[Identity] | None = None,
        look: CameraLook | None = None,
        lighting: Lighting | None = None,
        actions: Sequence[str | None] | None = None,
        person_height: tuple[float, float] = (0.35, 0.9),
        num_objects: tuple[int, int] = (0, 4),
        num_clutter: tuple[int, int] = (0, 6),
        camera_motion: float = 1.0,
        centred: bool = False,
    ) -> Scene:
        """Draw a scene; equal states of ``rng`` give equal scenes.

        Args:
            rng: Source of everything.
            size_hw: Height and width of the images, px.
            num_people: From and to; unused with ``identities``.
            identities: Who is there; None: strangers.
            look: Of the camera; None: drawn.
            lighting: Of the scene; None: drawn.
            actions: What each person does, see ``motion.ACTIONS``, None in
                it: anything; None: anything, all.
            person_height: From and to, how much of the frame's height people
                (not bent, with ``centred`` of any age) take at t = 0.
            num_objects: From and to, balls, boxes and signs.
            num_clutter: From and to, walls, trunks, bushes.
            camera_motion: 0: at rest; 1: as usual.
            centred: The first person stands in the middle of the frame.

        Raises:
            ValueError: A size below 16 px, a range that is empty, no people
                for a centred scene, or ``actions`` of another length.
        """
        check_ranges(
            size_hw, num_people, person_height, num_objects, num_clutter
        )
        if identities is None:
            count = int(rng.integers(num_people[0], num_people[1] + 1))
            identities = [Identity.draw(rng) for _ in range(count)]
        if centred and not identities:
            raise ValueError('centred needs at least one person, got none')
        motions = draw_motions(rng, identities, actions)
        aspect = size_hw[1] / size_hw[0]
        plan = draw_plan(
            *(rng, [p.stature for p in identities], aspect, person_height),
            *(num_objects, num_clutter, centred),
        )
        stage = lay_stage(
            size_hw, identities, motions, plan, rng, camera_motion
        )
        return cls(
            tuple(identities),
            stage,
            lay_table(identities, plan, stage, rng),
            Lighting.draw(rng) if lighting is None else lighting,
            CameraLook.draw(rng) if look is None else look,
            int(rng.integers(2**31)),
        )

    def render(self, t: float = 0.0) -> Frame:
        """Return the frame at a time; one unit is about 1/25 s."""
        return self._frame(self._moment(t), t)

    def pair(self, t: float = 0.0, dt: float = 1.0) -> FramePair:
        """Return the frames at t and t + dt, and the motion between them."""
        a, b = self._moment(t), self._moment(t + dt)
        there = flow_between(a.raster, a.geometry, b.geometry)
        back = flow_between(b.raster, b.geometry, a.geometry)
        return FramePair(
            first=self._frame(a, t),
            second=self._frame(b, t + dt),
            flow=there,
            backward_flow=back,
            occluded=occlusion(a.raster, b.raster, there),
            backward_occluded=occlusion(b.raster, a.raster, back),
        )

    def _moment(self, t: float) -> _Moment:
        placement = self.stage.at(t)
        placed = geometry(self.table, placement, self.stage.ground)
        found = rasterize(
            self.table,
            placed,
            placement.near,
            self.stage.size_hw,
            self._marks[1] + self._marks[2] > 0,
        )
        return _Moment(placement, placed, found)

    def _frame(self, moment: _Moment, t: float) -> Frame:
        placement, placed, found = moment
        ids = piece_numbers(found.ids, len(self.table.owner))
        parts: NDArray[np.uint8] = np.take(self._marks[0], found.ids)
        instances: NDArray[np.int16] = np.take(self._marks[1], found.ids)
        objects: NDArray[np.int16] = np.take(self._marks[2], found.ids)
        shadows = shadow_ellipses(placement, len(self.people), self.light.side)
        colours = paint(ids, self.table, placed, atlas(), self.light, shadows)
        # The time's bits make the noise of each moment its own.
        clock = int(np.float64(t).view(np.uint64))
        rng = np.random.default_rng([self.noise_seed, clock])
        named = [len(self.people) + i for i in self._named]
        kinds = [self.stage.things[i].category for i in self._named]
        return Frame(
            image=develop(colours, self.look, rng),
            parts=parts,
            instances=instances,
            objects_map=objects,
            people=person_states(
                found,
                self.table,
                placement,
                placed,
                self._heads,
                self._statures,
                instances,
            ),
            objects=object_states(kinds, named, found.covers, objects),
        )


def _marks(
    table: PieceTable, people: int, named: list[int]
) -> tuple[NDArray[np.uint8], NDArray[np.int16], NDArray[np.int16]]:
    """Return part, person + 1 and object + 1 of each piece, (P,) each."""
    person = (table.owner < people) & (table.part > 0)
    instance = np.where(person, table.owner + 1, 0).astype(np.int16)
    numbers = np.zeros(int(table.owner.max()) + 1, np.int16)
    numbers[[people + i for i in named]] = np.arange(1, len(named) + 1)
    return table.part, instance, numbers[table.owner]
