"""From angles to joints: the bones of all people of a scene at once.

Lengths are in statures (1 = the height of an adult of this scene), y points
down, 0 is the ground. A body has three axes: to its left, down, and forward.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Joint(IntEnum):
    """Points of a body that pieces hang on."""

    PELVIS = 0
    NECK = 1
    CHIN = 2
    CROWN = 3
    LEFT_SHOULDER = 4
    RIGHT_SHOULDER = 5
    LEFT_ELBOW = 6
    RIGHT_ELBOW = 7
    LEFT_WRIST = 8
    RIGHT_WRIST = 9
    LEFT_FINGER = 10
    RIGHT_FINGER = 11
    LEFT_HIP = 12
    RIGHT_HIP = 13
    LEFT_KNEE = 14
    RIGHT_KNEE = 15
    LEFT_ANKLE = 16
    RIGHT_ANKLE = 17
    LEFT_TOE = 18
    RIGHT_TOE = 19
    HEM = 20
    BACK_TOP = 21
    BACK_LOW = 22
    BAG_TOP = 23
    BAG_LOW = 24
    HELD_TOP = 25
    HELD_LOW = 26
    LEFT_DROP = 27
    RIGHT_DROP = 28
    VISOR = 29
    HAIR_TOP = 30
    HAIR_LOW = 31
    LEFT_HEEL = 32
    RIGHT_HEEL = 33
    BAG_STRAP = 34


class Proportions(NamedTuple):
    """Lengths of a body, statures of an adult; each a float or (N,) array.

    Attributes:
        leg: From hip to ankle.
        foot: Of the shoe, and half of its height above the ground.
        torso: From hips to the base of the neck.
        neck: From there to the chin.
        head: From chin to crown.
        arm: From shoulder to wrist.
        hand: Of the hand.
        shoulder: From the spine to a shoulder.
        hip: From the spine to a hip.
        girth: Thickness of everything, 1 = usual.
        hem: How far a skirt or coat reaches below the hips.
        bag: How far a shoulder bag hangs below the neck.
        bag_side: +1: on the left, -1: on the right.
        hair: How far hair falls below the chin.
    """

    leg: float
    foot: float
    torso: float
    neck: float
    head: float
    arm: float
    hand: float
    shoulder: float
    hip: float
    girth: float
    hem: float
    bag: float
    bag_side: float
    hair: float


class Pose(NamedTuple):
    """Angles of N bodies, rad.

    Attributes:
        limbs: (N, 8, 2): left upper arm, forearm, right upper arm, forearm,
            left thigh, shin, right thigh, shin; each how far it is swung
            forward and lifted sideways from hanging straight down.
        yaw: (N,) where the body faces, see ``PersonState.yaw``.
        head_yaw: (N,) how far the head turns to the left beyond that.
        lean: (N,) of the spine, forward.
        sway: (N,) of the spine, to the left.
        twist: (N,) of the shoulders against the hips, left one forward.
    """

    limbs: Array
    yaw: Array
    head_yaw: Array
    lean: Array
    sway: Array
    twist: Array


def joints(body: Proportions, pose: Pose) -> Array:
    """Return where the joints are, with the lower foot on the ground.

    Args:
        body: Arrays of N.
        pose: Of the same N.

    Returns:
        (N, 35, 3) float64: to the right of the image, down, and towards the
        camera, statures from the point of the ground below the pelvis.

    Example:
        >>> body = Proportions(*(np.full(1, 0.25) for _ in range(14)))
        >>> rest = Pose(np.zeros((1, 8, 2)), *(np.zeros((5, 1))))
        >>> points = joints(body, rest)[0]
        >>> shoulder = points[Joint.LEFT_SHOULDER] - points[Joint.NECK]
        >>> shoulder.round(2).tolist()
        [0.25, 0.02, 0.0]
    """
    count = len(pose.yaw)
    points = np.zeros((count, len(Joint), 3))
    spine = -_direction(-pose.lean, -pose.sway)
    _trunk(points, body, pose, spine)
    _limbs(points, body, pose)
    _things(points, body, pose, spine)
    lowest = points[:, Joint.LEFT_ANKLE : Joint.RIGHT_TOE + 1, 1].max(1)
    points[..., 1] -= (lowest + body.foot * 0.25)[:, None]
    return _turned(points, pose.yaw)


def _direction(swing: Array, lift: Array, side: float = 1.0) -> Array:
    """Return the unit vector of a limb, (N, 3) left, down, forward."""
    across = side * np.sin(lift)
    down = np.cos(lift) * np.cos(swing)
    return np.stack([across, down, np.cos(lift) * np.sin(swing)], axis=-1)


def _turned(points: Array, yaw: Array) -> Array:
    """Turn (left, down, forward) into (right, down, near)."""
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    left, down, forward = points[..., 0], points[..., 1], points[..., 2]
    right = left * cos + forward * sin
    return np.stack([right, down, forward * cos - left * sin], axis=-1)


def _trunk(points: Array, body: Proportions, pose: Pose, spine: Array) -> None:
    twist = pose.twist
    across = np.stack([np.cos(twist), 0 * twist, np.sin(twist)], 1)
    hips = across * [1, 1, -0.6]
    points[:, Joint.NECK] = spine * _column(body.torso)
    up = spine * [0.4, 1, 0.4]
    chin = points[:, Joint.NECK] + up * _column(body.neck)
    chin[:, 2] += 0.012
    points[:, Joint.CHIN] = chin
    points[:, Joint.CROWN] = chin + up * _column(body.head)
    low = points[:, Joint.NECK] + [0, 0.02, 0]
    for side, shoulder, hip in (
        (1, Joint.LEFT_SHOULDER, Joint.LEFT_HIP),
        (-1, Joint.RIGHT_SHOULDER, Joint.RIGHT_HIP),
    ):
        points[:, shoulder] = low + side * across * _column(body.shoulder)
        points[:, hip] = side * hips * _column(body.hip)


def _limbs(points: Array, body: Proportions, pose: Pose) -> None:
    for i, side in enumerate((1.0, -1.0)):
        upper, fore, thigh, shin = (
            _direction(pose.limbs[:, j, 0], pose.limbs[:, j, 1], side)
            for j in (2 * i, 2 * i + 1, 2 * i + 4, 2 * i + 5)
        )
        shoulder = points[:, Joint.LEFT_SHOULDER + i]
        elbow = shoulder + upper * _column(body.arm) * 0.53
        wrist = elbow + fore * _column(body.arm) * 0.47
        finger = wrist + fore * _column(body.hand)
        knee = points[:, Joint.LEFT_HIP + i] + thigh * _column(body.leg) * 0.5
        ankle = knee + shin * _column(body.leg) * 0.5
        pitch = 0.9 * pose.limbs[:, 2 * i + 5, 0]
        foot = _direction(
            np.minimum(pitch + 1.42, 1.6), 0 * pitch + 0.12, side
        )
        length = _column(body.foot)
        points[:, Joint.LEFT_ELBOW + i] = elbow
        points[:, Joint.LEFT_WRIST + i] = wrist
        points[:, Joint.LEFT_FINGER + i] = finger
        points[:, Joint.LEFT_KNEE + i] = knee
        points[:, Joint.LEFT_ANKLE + i] = ankle
        points[:, Joint.LEFT_HEEL + i] = ankle - 0.18 * length * foot
        points[:, Joint.LEFT_TOE + i] = ankle + 0.7 * length * foot
        drop = finger + [0, 0.13, 0]
        points[:, Joint.LEFT_DROP + i] = drop


def _things(
    points: Array, body: Proportions, pose: Pose, spine: Array
) -> None:
    """Place what hangs on the body: hems, bags, hat, hair."""
    knees = points[:, Joint.LEFT_KNEE : Joint.RIGHT_KNEE + 1].mean(1)
    down = knees / np.maximum(np.linalg.norm(knees, axis=1), 1e-6)[:, None]
    points[:, Joint.HEM] = down * _column(body.hem)
    neck = points[:, Joint.NECK]
    behind = np.stack([0 * body.girth, 0 * body.girth, -0.1 * body.girth], 1)
    points[:, Joint.BACK_TOP] = neck - 0.05 * spine + behind
    points[:, Joint.BACK_LOW] = neck - spine * 0.26 + behind
    side = body.bag_side * (body.hip + 0.05 * body.girth)
    bag = neck * [0.3, 1, 0.3] + np.stack([side, body.bag, 0.02 + 0 * side], 1)
    points[:, Joint.BAG_TOP] = bag
    points[:, Joint.BAG_LOW] = bag + [0, 0.13, 0]
    far = np.where(body.bag_side > 0, 1, 0)
    strap = points[np.arange(len(far)), Joint.LEFT_SHOULDER + far]
    points[:, Joint.BAG_STRAP] = neck + 0.6 * (strap - neck)
    hands = points[:, Joint.LEFT_FINGER : Joint.RIGHT_FINGER + 1].mean(1)
    hands[:, 2] += 0.02
    points[:, Joint.HELD_TOP] = hands - [0, 0.07, 0]
    points[:, Joint.HELD_LOW] = hands + [0, 0.06, 0]
    chin, crown = points[:, Joint.CHIN], points[:, Joint.CROWN]
    turn = pose.head_yaw
    ahead = np.stack([np.sin(turn), 0 * turn, np.cos(turn)], 1)
    ahead = ahead * _column(body.head)
    points[:, Joint.VISOR] = chin + 0.72 * (crown - chin) + 0.62 * ahead
    back = crown - 0.4 * ahead
    points[:, Joint.HAIR_TOP] = back + [0, 0.1, 0] * _column(body.head)
    points[:, Joint.HAIR_LOW] = chin - 0.45 * ahead
    points[:, Joint.HAIR_LOW, 1] += body.hair


def _column(values: object) -> Array:
    """Return (N,) values as (N, 1)."""
    return np.asarray(values, float).reshape(-1, 1)
