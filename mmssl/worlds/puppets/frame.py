"""What a rendered moment is: the image and its labels."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray


class PersonState(NamedTuple):
    """A person in a frame.

    Boxes are (left, top, right, bottom) in px, a pixel at column c covers c
    to c + 1; all zero where there is nothing.

    Attributes:
        identity: Index in the scene's ``people``.
        box_xyxy: (4,) float64, box of what is seen.
        full_box_xyxy: (4,) float64, box of what would be seen were nothing
            in front; cut at the frame.
        visibility: Pixels that are seen over pixels that would be, in [0, 1];
            0 outside the frame.
        keypoints: (17, 3) float64, x, y in px (0 is the centre of the first
            pixel), and 2: seen, 1: hidden by something or by the body itself,
            0: outside the frame (then x = y = 0). In the order of COCO.
        yaw: Where the body faces, rad: 0 the camera, pi/2 the right of the
            image, pi away.
    """

    identity: int
    box_xyxy: NDArray[Any]
    full_box_xyxy: NDArray[Any]
    visibility: float
    keypoints: NDArray[Any]
    yaw: float


class ObjectState(NamedTuple):
    """A rigid thing in a frame; boxes as in :class:`PersonState`.

    Attributes:
        category: ``'ball'``, ``'box'`` or ``'sign'``.
        box_xyxy: (4,) float64, box of what is seen.
        full_box_xyxy: (4,) float64, the same were nothing in front.
        visibility: Seen pixels over all, in [0, 1].
    """

    category: str
    box_xyxy: NDArray[Any]
    full_box_xyxy: NDArray[Any]
    visibility: float


class Frame(NamedTuple):
    """A moment of a scene.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        parts: (H, W) uint8, indices of :class:`~.parts.Part`.
        instances: (H, W) int16, i + 1 where ``people[i]`` is seen, else 0.
        objects_map: (H, W) int16, i + 1 where ``objects[i]`` is seen, else 0.
        people: One for each person of the scene, in its order.
        objects: One for each ball, box and sign of the scene, in its order.
    """

    image: NDArray[Any]
    parts: NDArray[Any]
    instances: NDArray[Any]
    objects_map: NDArray[Any]
    people: tuple[PersonState, ...]
    objects: tuple[ObjectState, ...]


class FramePair(NamedTuple):
    """Two moments of a scene and the motion between them.

    Attributes:
        first: At t.
        second: At t + dt.
        flow: (H, W, 2) float32, (right, down) px: what is at x in ``first``
            is at x + flow(x) in ``second``.
        backward_flow: (H, W, 2) float32, the same from ``second`` to
            ``first``.
        occluded: (H, W) bool, pixels of ``first`` not seen in ``second``:
            hidden, turned away or outside.
        backward_occluded: (H, W) bool, pixels of ``second`` not seen in
            ``first``.
    """

    first: Frame
    second: Frame
    flow: NDArray[Any]
    backward_flow: NDArray[Any]
    occluded: NDArray[Any]
    backward_occluded: NDArray[Any]
