"""Which crops fit the pictures: of people, tall; of anything else, square."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmssl.io.errors import DataFileError
from mmssl.io.quick_check import quick_image_size
from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.recipes import Choice

HW = tuple[int, int]
Range = tuple[float, float]

# Height / width from which pictures are taken for those of standing people.
_TALL = 1.4
_LEAST = 32  # px, the patches and three halvings of a Swin
# Published ranges of width / height, by height / width of the view.
_RATIOS = {2.0: (0.4, 0.6), 3.0: (0.25, 0.4), 1.0: (3 / 4, 4 / 3)}
_CELL = 16  # px: sides of small views are whole patches of a ViT


@dataclass(frozen=True)
class Crops:
    """The large and the small crops of a picture.

    Attributes:
        large: Height and width of the large views, px.
        small: Of the small ones.
        ratio: Least and largest width / height of what is cut out.
        large_scale: Least and largest share of the picture's area.
        small_scale: The same for the small views.
    """

    large: HW
    small: HW
    ratio: Range
    large_scale: Range
    small_scale: Range

    def lines(self) -> tuple[str, ...]:
        """Return Python that sets them in a config with three pipelines."""
        sizes = [self.large, self.large, self.small]
        scales = [self.large_scale, self.large_scale, self.small_scale]
        return (
            'for view, size, scale in zip(',
            '    _base_.train_dataloader.dataset.pipeline[1].views,',
            f'    {sizes},',
            f'    {scales},',
            '):',
            f'    view[0].update(size=size, scale=scale, ratio={self.ratio})',
            'del view, size, scale',
        )


def crops_of(large: HW) -> Crops:
    """Return the published crops for a size of the large views.

    Tall views are those of SOLIDER: small ones of half the size, which show
    5 to 80 % of a picture. Square ones are those of DINO: small ones of 3/7 of
    the size (96 of 224), which show 5 to 40 %.

    Args:
        large: Height and width, px.

    Example:
        >>> crops_of((256, 128)).small, crops_of((384, 128)).ratio
        ((128, 64), (0.25, 0.4))
        >>> crops_of((224, 224)).small
        (96, 96)
    """
    height, width = large
    aspect = width / height
    ratio = _RATIOS.get(
        height / width, (round(0.8 * aspect, 3), round(1.2 * aspect, 3))
    )
    if height / width >= _TALL:
        small = _smaller(height, 1 / 2), _smaller(width, 1 / 2)
        return Crops(large, small, ratio, (0.8, 1.0), (0.05, 0.8))
    small = _smaller(height, 3 / 7), _smaller(width, 3 / 7)
    return Crops(large, small, ratio, (0.4, 1.0), (0.05, 0.4))


def choose_crops(
    asked: str, shapes: Sequence[HW], default: HW
) -> tuple[Crops, Choice]:
    """Choose the crops by what was asked for, or by the pictures' shapes.

    Args:
        asked: 'auto', or 'HEIGHTxWIDTH' of the large views.
        shapes: Height and width of some pictures.
        default: Size of tall large views; square ones have 7/8 of its
            height.

    Returns:
        The crops, and why.

    Raises:
        PretrainError: Not of that form, or a size that makes no sense.
    """
    tall = statistics.median(h / w for h, w in shapes) if shapes else 0.0
    told = f'the median of {len(shapes)} pictures is {tall:.1f} times as tall'
    if not shapes:
        told = 'no picture could be looked at'
    if asked != 'auto':
        crops, why = crops_of(parse_crop(asked)), 'as asked'
        if (tall >= _TALL) != (crops.large[0] / crops.large[1] >= _TALL):
            why = f'as asked, though {told} as wide'
    elif tall >= _TALL:
        crops, why = crops_of(default), f'{told} as wide: pictures of people'
    else:
        side = default[0] * 7 // 8
        crops, why = crops_of((side, side)), f'{told} as wide: square crops'
    return crops, Choice('crops', _text(crops), why)


def parse_crop(text: str) -> HW:
    """Return height and width of 'HEIGHTxWIDTH'.

    Raises:
        PretrainError: Not of that form, below 32 px, or more than five times
            as tall as wide or as wide as tall.

    Example:
        >>> parse_crop('256x128')
        (256, 128)
    """
    match = re.fullmatch(r'(\d+)[xX](\d+)', text.strip())
    if match is None:
        raise PretrainError(
            "crop must be 'auto' or HEIGHTxWIDTH such as 256x128, got "
            f'{text!r}'
        )
    height, width = int(match[1]), int(match[2])
    if min(height, width) < _LEAST:
        raise PretrainError(
            f'crop {text}: both sides must have at least {_LEAST} px'
        )
    if not 1 / 5 <= width / height <= 5:
        raise PretrainError(
            f'crop {text} is HEIGHTxWIDTH: no side may be more than five '
            'times the other'
        )
    return height, width


def picture_shapes(root: Path, names: Sequence[str]) -> list[HW]:
    """Return height and width of pictures; those that are broken are left out.

    Args:
        root: Folder.
        names: Paths below it.
    """
    shapes = []
    for name in names:
        try:
            shapes.append(quick_image_size(root / name))
        except DataFileError:
            continue
    return shapes


def _smaller(side: int, share: float) -> int:
    """Return a share of a side, in whole cells."""
    return max(_CELL, round(side * share / _CELL) * _CELL)


def _text(crops: Crops) -> str:
    (h, w), (small_h, small_w) = crops.large, crops.small
    return f'{h}x{w} and {small_h}x{small_w}'
