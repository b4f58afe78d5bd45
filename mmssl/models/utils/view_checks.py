"""Whether a batch has the views that a method learns from."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


def check_global_views(
    views: Sequence[Tensor], num_global_views: int
) -> tuple[int, int]:
    """Return numbers of views and of images; refuse what does not fit.

    Args:
        views: V, each (N, 3, h_v, w_v), global ones first.
        num_global_views: G.

    Raises:
        ValueError: fewer than two views, or than G; other numbers of images
            in some, or none; or a global view is smaller than another one.

    Example:
        >>> import torch
        >>> views = [torch.zeros(4, 3, n, n) for n in (8, 8, 4)]
        >>> check_global_views(views, 2)
        (3, 4)
    """
    least = max(2, num_global_views)
    given = 1 if isinstance(views, Tensor) else len(views)
    if given < least or isinstance(views, Tensor):
        raise ValueError(
            f'num_global_views={num_global_views} needs {least} views or '
            f'more of each image, got {given}: put MultiViewGeometry with as '
            'many views into the pipeline'
        )
    counts = [len(view) for view in views]
    if len(set(counts)) > 1 or not counts[0]:
        raise ValueError(
            'every view must show the same images, one at least; got '
            f'{counts} images'
        )
    areas = [view.shape[-2] * view.shape[-1] for view in views]
    rest = areas[num_global_views:]
    if min(areas[:num_global_views]) < max(rest, default=0):
        sizes = ', '.join(f'{v.shape[-2]}x{v.shape[-1]}' for v in views)
        raise ValueError(
            f'the first {num_global_views} views are the global ones '
            '(num_global_views) and must not be smaller than the others; got '
            f'sizes {sizes}: put the global views first in '
            'MultiViewGeometry, or set num_global_views'
        )
    return given, counts[0]
