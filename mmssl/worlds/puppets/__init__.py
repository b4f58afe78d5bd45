"""Puppets: articulated, people-like figures with exact labels."""

from mmssl.worlds.puppets.camera import CameraLook, Lighting
from mmssl.worlds.puppets.frame import (
    Frame,
    FramePair,
    ObjectState,
    PersonState,
)
from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.parts import (
    KEYPOINTS,
    OBJECT_CATEGORIES,
    PARTS,
    Part,
)
from mmssl.worlds.puppets.scene import Scene

__all__ = [
    'Scene',
    'Frame',
    'FramePair',
    'PersonState',
    'ObjectState',
    'Identity',
    'CameraLook',
    'Lighting',
    'Part',
    'PARTS',
    'KEYPOINTS',
    'OBJECT_CATEGORIES',
]
