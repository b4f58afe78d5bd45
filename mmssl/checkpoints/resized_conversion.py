"""A converted file whose backbones get other windows or images."""

from __future__ import annotations

from collections.abc import Sequence

from mmssl.checkpoints.conversion import Conversion
from mmssl.checkpoints.export_state import prepare
from mmssl.checkpoints.parts import PARTS


def resized_conversion(
    conversion: Conversion,
    window_size: int | None = None,
    img_size: Sequence[int] | None = None,
) -> Conversion:
    """Interpolate the position tables of student and teacher.

    Args:
        conversion: What a converter returned.
        window_size: New side of a Swin's windows.
        img_size: New (h, w) of a ViT's images, px.

    Returns:
        The changed conversion, with a note on what was resized; the same one
        where nothing is asked for.

    Raises:
        ValueError: A size that does not fit, or that the backbone has not.
        CheckpointError: It is not known how a ViT's patches lie.
    """
    if window_size is None and img_size is None:
        return conversion
    state, notes = dict(conversion.state_dict), list(conversion.notes)
    grid = None
    for part, names in PARTS.items():
        root = names.backbone
        mine = {k: v for k, v in state.items() if k.startswith(root)}
        if not mine:
            continue
        ready = prepare(
            {k[len(root) :]: v for k, v in mine.items()},
            window_size=window_size,
            img_size=img_size,
        )
        state.update({root + k: v for k, v in ready.state.items()})
        notes += [f'resized ({part}): {one}' for one in ready.resized]
        grid = ready.grid
    meta = dict(conversion.meta)
    if grid is not None and img_size is not None:
        meta['position_grid'] = list(grid)
    return conversion._replace(state_dict=state, notes=tuple(notes), meta=meta)
