"""How a person moves: joint angles as smooth functions of time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.skeleton import Pose

Array = NDArray[np.float64]
ACTIONS = ('walk', 'walk', 'walk', 'turn', 'wave', 'stand', 'pose')
# Rows of ``Pose.limbs``.
_L_ARM, _L_FORE, _R_ARM, _R_FORE, _L_THIGH, _L_SHIN, _R_THIGH, _R_SHIN = range(
    8
)
# 0: a sine, 1: a zigzag.
_ZIGZAG = 0.95
_ARMS = (_L_ARM, _R_ARM)
_LEGS = (_L_THIGH, _R_THIGH)


class Motion(NamedTuple):
    """The motion of one person; of N when stacked (leading N everywhere).

    An angle is base + amplitude w(phase + shift), phase = rate t + start;
    its swing less flex max(0, w(phase + shift of its lift))^2: knees.
    w is a wave of almost even speed, so that feet on the ground rest there.

    Attributes:
        base: (8, 2) rad, rows of ``Pose.limbs``.
        amplitude: (8, 2) rad.
        shift: (8, 2) rad.
        flex: (8,) rad.
        rate: rad per unit of time.
        start: rad.
        yaw: (3,) rad: at t = 0, per unit of time, and how far it swings.
        head: (2,) rad: head's turn at rest and how far it swings.
        trunk: (3,) rad: lean, swing of sway, swing of twist.
        speed: Statures per unit of time, along the way it faces.
    """

    base: Array
    amplitude: Array
    shift: Array
    flex: Array
    rate: Array | float
    start: Array | float
    yaw: Array
    head: Array
    trunk: Array
    speed: Array | float

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        action: str | None = None,
        holds: bool = False,
        bent: float = 0.0,
    ) -> Motion:
        """Draw a motion.

        Args:
            rng: Source of everything.
            action: One of :data:`ACTIONS`, or None: any.
            holds: Both hands hold something in front of the body.
            bent: Added lean, rad.

        Raises:
            ValueError: There is no such action.
        """
        if action is None:
            action = ACTIONS[rng.integers(len(ACTIONS))]
        if action not in ACTIONS:
            raise ValueError(
                f'action must be one of {sorted(set(ACTIONS))}, got {action!r}'
            )
        motion = _standing(rng, bent)
        if action == 'walk':
            motion = _walking(motion, rng)
        elif action == 'turn':
            motion.yaw[1] = rng.choice([-1, 1]) * rng.uniform(0.02, 0.12)
        elif action == 'wave':
            _waving(motion, rng)
        elif action == 'pose':
            _posing(motion, rng)
        if holds:
            _holding(motion, rng)
        return motion

    def pose(self, t: float) -> Pose:
        """Return the angles of N stacked motions at a time."""
        phase = np.asarray(self.rate * t + self.start)
        wave = _even(np.sin(phase[:, None, None] + self.shift))
        limbs = self.base + self.amplitude * wave
        bend = self.flex * np.square(np.maximum(wave[..., 1], 0))
        limbs[..., 0] -= bend
        swing = np.sin(phase)
        return Pose(
            limbs=limbs,
            yaw=self.yaw_at(t),
            head_yaw=self.head[:, 0] + self.head[:, 1] * np.sin(0.5 * phase),
            lean=self.trunk[:, 0],
            sway=self.trunk[:, 1] * swing,
            twist=self.trunk[:, 2] * swing,
        )

    def yaw_at(self, t: float) -> Array:
        """Return where the bodies face at a time, (N,) rad."""
        swing = np.sin(0.5 * (self.rate * t + self.start))
        return self.yaw[:, 0] + self.yaw[:, 1] * t + self.yaw[:, 2] * swing

    def path(self, t: float) -> Array:
        """Return how far the bodies have come, (N, 2) right and near.

        The integral of the speed along a yaw that turns evenly; statures.
        """
        start, turn = self.yaw[:, 0], self.yaw[:, 1]
        angle = turn * t / 2
        # Chord of an arc: sin(angle) / angle times the way.
        way = self.speed * t * np.sinc(angle / np.pi)
        middle = start + angle
        return np.stack([way * np.sin(middle), way * np.cos(middle)], axis=1)


def _even(sine: Array) -> Array:
    """Turn a sine into a rounded zigzag of the same height."""
    wave: Array = np.arcsin(_ZIGZAG * sine) / np.arcsin(_ZIGZAG)
    return wave


def stack(motions: list[Motion]) -> Motion:
    """Put motions of N people together for :meth:`Motion.pose`; N may be 0."""
    # Nobody's motions have the shapes of anybody's.
    some = motions or [Motion.draw(np.random.default_rng(0))]
    fields = range(len(Motion._fields))
    count = len(motions)
    return Motion(*(np.array([m[i] for m in some])[:count] for i in fields))


def _standing(rng: np.random.Generator, bent: float) -> Motion:
    """Draw a person at rest that moves a little."""
    base = rng.normal(0, 0.05, (8, 2))
    base[:4, 1] = rng.uniform(0.05, 0.3, 4)
    base[4:, 1] = np.repeat(rng.uniform(0.0, 0.14, 2), 2)
    base[[_L_FORE, _R_FORE], 0] = rng.uniform(0.05, 0.6, 2)
    motion = Motion(
        base=base,
        amplitude=rng.uniform(0.0, 0.06, (8, 2)) * [[1, 0.3]],
        shift=rng.uniform(0, 2 * np.pi, (8, 2)),
        flex=np.zeros(8),
        rate=2 * np.pi / rng.uniform(16, 40),
        start=rng.uniform(0, 2 * np.pi),
        yaw=np.array([rng.uniform(-np.pi, np.pi), 0, rng.uniform(0, 0.12)]),
        head=np.array([rng.normal(0, 0.35), rng.uniform(0, 0.3)]),
        trunk=np.array([bent + rng.normal(0, 0.03), 0.03, 0.05]),
        speed=0.0,
    )
    motion.amplitude[4:] *= 0.3
    return motion


def _walking(motion: Motion, rng: np.random.Generator) -> Motion:
    """Swing legs, and arms against them."""
    stride = rng.uniform(0.25, 0.55)
    swing = stride * rng.uniform(0.5, 1.3)
    for i, sign in enumerate((0.0, np.pi)):
        motion.amplitude[[_LEGS[i], _LEGS[i] + 1], 0] = stride
        motion.shift[[_LEGS[i], _LEGS[i] + 1], 0] = sign
        motion.amplitude[[_ARMS[i], _ARMS[i] + 1], 0] = swing
        motion.shift[[_ARMS[i], _ARMS[i] + 1], 0] = sign + np.pi
        # The knee bends while its leg comes forward.
        shin = _LEGS[i] + 1
        motion.base[shin, 0] = motion.base[shin - 1, 0] - 0.08
        motion.amplitude[shin, 1] = 0.0
        motion.shift[shin, 1] = sign + np.pi / 2 + 0.3
        motion.flex[shin] = 1.7 * stride
    motion.trunk[:] += [rng.uniform(0.0, 0.1), 0.0, 0.6 * stride]
    rate = 2 * np.pi / rng.uniform(18, 36)
    motion.yaw[1] = rng.normal(0, 0.008)
    # As fast as the leg on the ground goes back.
    slope = _ZIGZAG / np.arcsin(_ZIGZAG)
    speed = rate * 0.46 * np.sin(stride) * slope
    return motion._replace(rate=rate, speed=speed)


def _waving(motion: Motion, rng: np.random.Generator) -> None:
    """Lift an arm, or both, and swing the forearm."""
    both = rng.random() < 0.25
    for arm in _ARMS if both else (_ARMS[rng.integers(2)],):
        motion.base[arm] = [rng.uniform(-0.3, 0.6), rng.uniform(1.0, 2.4)]
        lift = min(motion.base[arm, 1] + rng.uniform(0.3, 1.2), 3.0)
        motion.base[arm + 1] = [motion.base[arm, 0], lift]
        motion.amplitude[arm] = [0.05, rng.uniform(0.05, 0.3)]
        motion.amplitude[arm + 1] = [0.1, rng.uniform(0.2, 0.6)]
        motion.shift[arm + 1, 1] = motion.shift[arm, 1] + rng.uniform(-1, 1)


def _posing(motion: Motion, rng: np.random.Generator) -> None:
    """Put each arm and leg somewhere: on hips, at the ear, a lunge."""
    for arm in _ARMS:
        kind = rng.integers(4)
        if kind == 0:  # hand on the hip
            motion.base[arm] = [-0.2, 0.75]
            motion.base[arm + 1] = [0.1, -0.6]
        elif kind == 1:  # telephone
            motion.base[arm] = [0.5, 0.4]
            motion.base[arm + 1] = [2.4, 0.25]
        elif kind == 2:  # pointing
            motion.base[arm] = [rng.uniform(0.4, 1.6), rng.uniform(0, 0.9)]
            motion.base[arm + 1] = motion.base[arm]
    if rng.random() < 0.4:
        step = rng.uniform(0.2, 0.9)
        motion.base[[_L_THIGH, _R_THIGH], 0] += [step, -0.4 * step]
        motion.base[[_L_SHIN, _R_SHIN], 0] += [-0.1 * step, -0.8 * step]


def _holding(motion: Motion, rng: np.random.Generator) -> None:
    """Bring both hands together in front of the body."""
    lift = rng.uniform(0.0, 0.25)
    for arm in _ARMS:
        motion.base[arm] = [0.15 + lift, 0.18]
        motion.base[arm + 1] = [1.25 + lift, -0.45]
        motion.amplitude[[arm, arm + 1]] *= 0.15
    motion.trunk[2] *= 0.2
