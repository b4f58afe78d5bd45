"""Names of the labels: parts of people, keypoints, kinds of things."""

from __future__ import annotations

from enum import IntEnum

OBJECT_CATEGORIES = ('ball', 'box', 'sign')
KEYPOINTS = (
    *('nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear'),
    *('left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow'),
    *('left_wrist', 'right_wrist', 'left_hip', 'right_hip'),
    *('left_knee', 'right_knee', 'left_ankle', 'right_ankle'),
)


class Part(IntEnum):
    """Part of a person, numbered as in LIP; left is the person's own left.

    Source: Gong et al. 2017, Look into Person, arXiv:1703.05446.
    """

    BACKGROUND = 0
    HAT = 1
    HAIR = 2
    GLOVE = 3
    SUNGLASSES = 4
    UPPER_CLOTHES = 5
    DRESS = 6
    COAT = 7
    SOCKS = 8
    PANTS = 9
    JUMPSUITS = 10
    SCARF = 11
    SKIRT = 12
    FACE = 13
    LEFT_ARM = 14
    RIGHT_ARM = 15
    LEFT_LEG = 16
    RIGHT_LEG = 17
    LEFT_SHOE = 18
    RIGHT_SHOE = 19


PARTS = tuple(part.name.lower() for part in Part)
