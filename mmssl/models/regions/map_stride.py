"""Stride of a feature map: found from sizes, or held against them."""

from __future__ import annotations

from collections.abc import Sequence

HW = tuple[int, int]

_STRIDES = (1, 2, 4, 8, 16, 32, 64, 128)


def map_stride(
    map_hw: HW, input_hw: HW | None, stride: int | None = None
) -> int:
    """Return the stride of a map in px of the input.

    A stride s fits if floor(H / s) <= h <= ceil(H / s) for rows, and likewise
    for columns: networks drop or pad what does not fill a cell.

    Args:
        map_hw: (h, w) of the map, cells.
        input_hw: (H, W) of the input, px; None: not known.
        stride: what the config says; None: find it, which is the one power
            of two that fits, or else the exact ratio of the sizes.

    Returns:
        The stride, px.

    Raises:
        ValueError: ``stride`` does not fit, none can be found, or both
            ``stride`` and ``input_hw`` are missing.

    Example:
        >>> map_stride((7, 7), (224, 224)), map_stride((7, 9), (200, 260))
        (32, 32)
        >>> map_stride((16, 16), (224, 224))
        14
    """
    if stride is not None and (stride < 1 or stride != int(stride)):
        raise ValueError(
            f'stride must be a whole number of at least 1 px, got {stride}'
        )
    if input_hw is None:
        if stride is None:
            raise ValueError(
                'the stride of the map is not known: set stride, or hand over '
                'the size of the input'
            )
        return stride
    found = _find(map_hw, input_hw)
    if stride is None:
        if found is None:
            raise ValueError(
                f'the stride of a {map_hw[0]}x{map_hw[1]} map of a '
                f'{input_hw[0]}x{input_hw[1]} input cannot be told: none '
                'fits, or several do; set stride, or choose another stage'
            )
        return found
    if not _fits(map_hw, input_hw, stride):
        fix = f'set stride={found}' if found else 'set stride=None'
        raise ValueError(
            f'stride {stride} does not fit: the input has {input_hw[0]}x'
            f'{input_hw[1]} px, and the map {map_hw[0]}x{map_hw[1]} cells; '
            f'{fix}, or choose another stage'
        )
    return stride


def pyramid_strides(maps_hw: Sequence[HW], input_hw: HW | None) -> list[int]:
    """Return the strides of maps, finest first.

    A stride twice that of the map before is preferred, as maps of few cells
    fit several.

    Args:
        maps_hw: (h, w) of each map, cells.
        input_hw: (H, W) of the input, px.

    Raises:
        ValueError: see :func:`map_stride`.

    Example:
        >>> pyramid_strides([(9, 9), (5, 5), (3, 3), (2, 2)], (33, 33))
        [4, 8, 16, 32]
    """
    strides: list[int] = []
    for hw in maps_hw:
        twice = 2 * strides[-1] if strides else None
        if twice and input_hw is not None and _fits(hw, input_hw, twice):
            strides.append(twice)
        else:
            strides.append(map_stride(hw, input_hw))
    return strides


def _find(map_hw: HW, input_hw: HW) -> int | None:
    """Return the power of two that fits, or the exact ratio, or None."""
    fitting = [s for s in _STRIDES if _fits(map_hw, input_hw, s)]
    if len(fitting) == 1:
        return fitting[0]
    ratios = {size / cells for size, cells in zip(input_hw, map_hw) if cells}
    ratio = ratios.pop()
    if (
        not ratios
        and ratio == int(ratio)
        and (not fitting or ratio in fitting)
    ):
        return int(ratio)
    return None


def _fits(map_hw: HW, input_hw: HW, stride: int) -> bool:
    """Tell whether both axes agree with a stride."""
    return all(
        size // stride <= cells <= -(-size // stride) and cells > 0
        for size, cells in zip(input_hw, map_hw)
    )
