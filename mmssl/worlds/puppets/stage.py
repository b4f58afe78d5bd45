"""Where everything of a scene is at a moment, in the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.camera import CameraPath
from mmssl.worlds.puppets.motion import Motion
from mmssl.worlds.puppets.skeleton import Joint, Proportions, joints
from mmssl.worlds.puppets.things import Thing

Array = NDArray[np.float64]
# Focal length, heights of the frame; and how far the camera looks down, rad.
_FOCAL = 1.3
_PITCH = 0.12
LAYERS = 2  # backdrop and ground


class Ground(NamedTuple):
    """The plane people stand on.

    Attributes:
        horizon: Its row, heights of the frame.
        eye: Height of the camera, statures.
        back: Nearness where it ends and the backdrop begins.
    """

    horizon: float
    eye: float
    back: float

    def row(self, near: Array | float) -> Array:
        """Return the row of the ground at a nearness, heights."""
        return np.asarray(self.horizon + self.eye * np.asarray(near))


class Standing(NamedTuple):
    """Where things and people are at t = 0; all (n,).

    Attributes:
        x: Columns, heights of the frame.
        near: Nearness: heights of the frame that a stature there takes.
    """

    x: Array
    near: Array


class Placement(NamedTuple):
    """A moment: O owners (people, things, layers), J joints of all.

    Attributes:
        near: (O,) nearness; what is nearer covers the rest.
        px: (O,) px to a stature (a height of things, of the frame).
        yaw: (O, 3): nothing, the body's, and the head's turn, rad.
        spread: (O,) how far legs stand apart in the image, statures.
        joints: (J, 3): x, y in px; towards the camera in statures.
        view: (2, 3) the camera's map into the image.
        travel: How far the camera has slid.
    """

    near: Array
    px: Array
    yaw: Array
    spread: Array
    joints: Array
    view: Array
    travel: float


class Stage(NamedTuple):
    """People and things with all that decides where they are.

    Attributes:
        size_hw: Of the image, px.
        ground: They stand on.
        people: (N,) stacked proportions.
        stature: (N,) of the people.
        motion: N stacked motions.
        people_at: Places of the people.
        things: All things, named and clutter.
        things_at: Places of the things.
        path: Of the camera.
    """

    size_hw: tuple[int, int]
    ground: Ground
    people: Proportions
    stature: Array
    motion: Motion
    people_at: Standing
    things: Sequence[Thing]
    things_at: Standing
    path: CameraPath

    def at(self, t: float) -> Placement:
        """Return where everything is at a time."""
        view = self.path.view(t, self.size_hw)
        travel = self.path.travel(t)
        zoom = float(np.hypot(view[0, 0], view[1, 0]))
        people = self._people(t, travel)
        things = self._things(t, travel)
        layers = self._layers()
        points = np.concatenate([people[0], things[0], layers])
        points[:, :2] = points[:, :2] @ view[:, :2].T + view[:, 2]
        height = np.array([thing.height for thing in self.things])
        scale = (people[1] * self.stature, things[1] * height, np.ones(LAYERS))
        yaw = np.zeros((sum(map(len, scale)), 3))
        spread = np.zeros(len(yaw))
        yaw[: len(self.stature)] = people[2]
        spread[: len(self.stature)] = people[3]
        return Placement(
            near=np.concatenate([people[1], things[1], [-2.0, -1.0]]),
            px=zoom * np.concatenate(scale),
            yaw=yaw,
            spread=spread,
            joints=points,
            view=view,
            travel=travel,
        )

    def _people(
        self, t: float, travel: float
    ) -> tuple[Array, Array, Array, Array]:
        """Return joints, nearness, turns and spread of the people."""
        pose = self.motion.pose(t)
        points = joints(self.people, pose) * self.stature[:, None, None]
        path = self.motion.path(t) * self.stature[:, None]
        far = _FOCAL / self.people_at.near - path[:, 1]
        near = _FOCAL / np.maximum(far, 0.8)
        x = self.people_at.x + near * (path[:, 0] - travel)
        knees = points[:, [Joint.LEFT_KNEE, Joint.RIGHT_KNEE], 0]
        spread = 0.5 * abs(knees[:, 0] - knees[:, 1]) / self.stature
        turns = np.stack(
            [0 * pose.yaw, pose.yaw, pose.yaw + pose.head_yaw], axis=1
        )
        scene = np.empty_like(points)
        scale = near[:, None]
        scene[..., 0] = x[:, None] + scale * points[..., 0]
        drop = points[..., 1] + _PITCH * points[..., 2]
        scene[..., 1] = self.ground.row(near)[:, None] + scale * drop
        scene[..., 2] = points[..., 2]
        spread = np.maximum(spread - self.people.hip, 0)
        return scene.reshape(-1, 3), near, turns, spread

    def _things(self, t: float, travel: float) -> tuple[Array, Array]:
        """Return the two ends of each thing's axis, and nearness."""
        near = self.things_at.near
        points = np.zeros((len(near), 2, 3))
        if not len(near):
            return points.reshape(-1, 3), near
        tilt = np.stack([thing.tilt for thing in self.things])
        angle = tilt[:, 0] + tilt[:, 1] * t + tilt[:, 2] * np.sin(0.2 * t)
        height = np.array([thing.height for thing in self.things])
        lift = np.array([thing.lift for thing in self.things])
        speed = np.array([thing.speed for thing in self.things])
        x = self.things_at.x + near * (speed * t - travel)
        y = self.ground.row(near) - near * (lift + height / 2)
        up = np.stack([np.sin(angle), -np.cos(angle)], axis=1)
        half = up * (near * height / 2)[:, None]
        middle = np.stack([x, y], axis=1)
        points[:, 0, :2], points[:, 1, :2] = middle + half, middle - half
        return points.reshape(-1, 3), near

    def _layers(self) -> Array:
        """Return the axes of backdrop and ground."""
        middle = 0.5 * self.size_hw[1] / self.size_hw[0]
        start = float(self.ground.row(self.ground.back))
        ends = [(middle, 0), (middle, 1), (middle, start), (middle, start + 1)]
        return np.array([(*end, 0) for end in ends], float)
