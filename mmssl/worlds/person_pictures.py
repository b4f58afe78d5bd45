"""Pictures of one person, cut from scenes with passers-by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mmssl.worlds.item_seeds import item_rng
from mmssl.worlds.person_crops import (
    Window,
    crop_window,
    output_size,
    person_labels,
    resized_labels,
    resized_photo,
)
from mmssl.worlds.puppets import (
    CameraLook,
    Frame,
    Identity,
    PersonState,
    Scene,
)

LEAST_SEEN = 0.7  # visibility of whom a picture shows
_LEAST_TALL = 0.45  # of the frame
_MARGIN = (0.02, 0.1)  # around the box, in heights of the person
# The frame that a picture is cut from, in heights of the picture, and how
# much of it people take: pictures are hardly enlarged.
_FRAME = (1.25, 1.1)
_TALL = (0.62, 0.82)
_PASSERS = 3  # at most two others
_SCENES = 40  # drawn at most until somebody is seen well


class PersonPicture(NamedTuple):
    """One person.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        labels: (h, w) uint8, parts as in LIP, 255 on other people.
        identity: Who it is.
        state: In the frame that the picture is cut from.
        window: Part of that frame.
    """

    image: np.ndarray
    labels: np.ndarray
    identity: Identity
    state: PersonState
    window: Window


def draw_person(
    rng: np.random.Generator,
    height: int,
    width: int | None = None,
    identity: Identity | None = None,
    look: CameraLook | None = None,
) -> PersonPicture:
    """Draw scenes until one shows a person well; cut the person out.

    Args:
        rng: Source of everything.
        height: Of the picture, px.
        width: Of the picture, px; None: as wide as the person needs.
        identity: Who it shows; None: anybody.
        look: Of the camera; None: any.

    Raises:
        RuntimeError: Nobody is seen well in many scenes.
    """
    for _ in range(_SCENES):
        scene = _scene(rng, height, identity, look)
        frame = scene.render()
        if is_whole(frame, 0):
            return cut_person(frame, 0, scene, rng, height, width)
    raise RuntimeError(f'nobody is seen well in {_SCENES} scenes')


def is_whole(frame: Frame, person: int) -> bool:
    """Return whether somebody is tall, mostly seen and not cut off.

    Args:
        frame: A frame.
        person: Index in its ``people``.
    """
    state, frame_hw = frame.people[person], frame.image.shape[:2]
    left, top, right, bottom = state.full_box_xyxy
    return bool(
        state.visibility >= LEAST_SEEN
        and bottom - top >= _LEAST_TALL * frame_hw[0]
        and min(left, top) >= 1
        and right < frame_hw[1]
        and bottom < frame_hw[0]
    )


def cut_person(
    frame: Frame,
    person: int,
    scene: Scene,
    rng: np.random.Generator,
    height: int,
    width: int | None = None,
) -> PersonPicture:
    """Cut one person of a frame out.

    Args:
        frame: Of the scene.
        person: Index in its ``people``.
        scene: Knows who it is.
        rng: Source of the margins.
        height: Of the picture, px.
        width: Of the picture, px; None: as wide as the person needs.
    """
    state = frame.people[person]
    margins = rng.uniform(*_MARGIN, 4)
    frame_hw = (frame.image.shape[0], frame.image.shape[1])
    aspect = 0.35 if width is None else width / height
    window = crop_window(state.full_box_xyxy, margins, frame_hw, aspect)
    size = output_size(window, height, width)
    labels = person_labels(frame.parts, frame.instances, person + 1)
    return PersonPicture(
        resized_photo(window.cut(frame.image), size),
        resized_labels(window.cut(labels), size),
        scene.people[state.identity],
        state,
        window,
    )


def draw_junk(
    rng: np.random.Generator, height: int, width: int, look: CameraLook
) -> np.ndarray:
    """Draw a picture that a bad detector would cut: half a person, or none.

    Args:
        rng: Source of everything.
        height: Of the picture, px.
        width: Of the picture, px.
        look: Of the camera.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    frame = _scene(rng, height, None, look).render()
    box = junk_box(frame.people[0].full_box_xyxy, rng)
    frame_hw = (frame.image.shape[0], frame.image.shape[1])
    window = crop_window(box, np.zeros(4), frame_hw, width / height)
    return resized_photo(window.cut(frame.image), (width, height))


def junk_box(box_xyxy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a box beside another: a third of both is common at most.

    Args:
        box_xyxy: (4,) px.
        rng: Source of the shift, half to 0.7 of the sides.
    """
    box = np.asarray(box_xyxy, np.float64)
    shift = rng.choice([-1, 1], 2) * rng.uniform(0.5, 0.7, 2)
    return box + np.tile(shift * (box[2:] - box[:2]), 2)


def known_identity(
    seed: int, number: int, where: str = 'market1501'
) -> Identity:
    """Return somebody who is seen again and again.

    Args:
        seed: Of the world.
        number: Of the person.
        where: Part of the world that numbers people.
    """
    return Identity.draw(item_rng(seed, where, 'identity', number))


def known_look(seed: int, camera: int) -> CameraLook:
    """Return the light, colours and noise of a camera of the world."""
    return CameraLook.draw(item_rng(seed, 'camera', camera))


def _scene(
    rng: np.random.Generator,
    height: int,
    identity: Identity | None,
    look: CameraLook | None,
) -> Scene:
    """Draw somebody in the middle, and at times others around."""
    first = Identity.draw(rng) if identity is None else identity
    others = int(rng.integers(_PASSERS))
    return Scene.draw(
        rng,
        size_hw=(round(_FRAME[0] * height), round(_FRAME[1] * height)),
        identities=[first, *(Identity.draw(rng) for _ in range(others))],
        look=look,
        person_height=_TALL,
        centred=True,
    )
