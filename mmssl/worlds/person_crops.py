"""From a frame to the picture of one person in it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

# Value of pixels of a label map that are not judged.
IGNORED = 255


class Window(NamedTuple):
    """A rectangle of whole pixels: ``left <= x < right`` and so on."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, array: np.ndarray) -> np.ndarray:
        """Return the rectangle of an array, (h, w, ...), as a view."""
        return array[self.top : self.bottom, self.left : self.right]


def crop_window(
    box_xyxy: np.ndarray,
    margins: np.ndarray,
    frame_hw: tuple[int, int],
    aspect: float | None = None,
) -> Window:
    """Return the part of a frame that shows a person.

    The box is widened by its margins, then to the aspect, where one is given
    and the box is taller, and moved or cut to lie in the frame.

    Args:
        box_xyxy: (4,) box of the person, px.
        margins: (4,) left, top, right, bottom, in heights of the box.
        frame_hw: Size of the frame, px.
        aspect: Least width / height of the result.

    Returns:
        A window of at least 1 x 1 px inside the frame.

    Example:
        >>> crop_window(np.array([40, 10, 50, 50]), np.zeros(4), (64, 64), 0.5)
        Window(left=35, top=10, right=55, bottom=50)
    """
    box = np.asarray(box_xyxy, np.float64)
    sign = np.array([-1, -1, 1, 1])
    x1, y1, x2, y2 = box + sign * np.asarray(margins) * (box[3] - box[1])
    top, bottom = _inside(y1, y2, frame_hw[0])
    if aspect is not None:
        missing = max(0.0, aspect * (bottom - top) - (x2 - x1))
        x1, x2 = x1 - missing / 2, x2 + missing / 2
        # moved back where it would leave the frame
        x1 += max(0.0, -x1) - max(0.0, x2 - frame_hw[1])
        x2 = max(x2, x1 + aspect * (bottom - top))
    left, right = _inside(x1, x2, frame_hw[1])
    return Window(left, top, right, bottom)


def output_size(
    window: Window, height: int, width: int | None
) -> tuple[int, int]:
    """Return the size of a crop as (width, height), px.

    Args:
        window: Part of the frame.
        height: Of the crop.
        width: Of the crop; None keeps the window's aspect.
    """
    if width is None:
        scale = height / (window.bottom - window.top)
        width = max(1, round((window.right - window.left) * scale))
    return width, height


def resized_photo(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image at another size, (width, height)."""
    shrinks = size[1] < image.shape[0]
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, size, interpolation=kind)


def resized_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a label map at another size: the value of the nearest pixel."""
    return cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)


def person_labels(
    parts: np.ndarray, instances: np.ndarray, person: int
) -> np.ndarray:
    """Return the part map of one person; pixels of others are not judged.

    Args:
        parts: (H, W) uint8, parts of all people.
        instances: (H, W) int, 0 or the number of a person, from 1.
        person: Number of the person.

    Returns:
        (H, W) uint8: parts, 0 background, :data:`IGNORED` others.

    Example:
        >>> person_labels(np.uint8([[0, 3, 4]]), np.array([[0, 1, 2]]), 1)
        array([[  0,   3, 255]], dtype=uint8)
    """
    labels = parts.copy()
    labels[(instances != person) & (instances > 0)] = IGNORED
    return labels


def _inside(begin: float, end: float, length: int) -> tuple[int, int]:
    """Round a range outwards, and cut it to 0 .. length."""
    first = min(max(0, int(np.floor(begin))), length - 1)
    last = max(first + 1, min(length, int(np.ceil(end))))
    return first, last
