"""How much of the old teacher stays, over the steps of a run."""

from __future__ import annotations

import math


def check_momentum(momentum: float, name: str = 'momentum') -> float:
    """Return a momentum that can be one.

    Args:
        momentum: weight of the old teacher.
        name: of the argument, for the message.

    Raises:
        ValueError: it is not in [0, 1].
    """
    if not 0 <= momentum <= 1:
        raise ValueError(
            f'{name} must be in [0, 1], got {momentum}: it is the weight of '
            "the old teacher, 0.97, say (mmpretrain's is 1 minus that)"
        )
    return float(momentum)


def cosine_momentum(
    step: int, total: int, start: float, end: float = 1.0
) -> float:
    """Return the momentum of a step, on a half cosine from start to end.

    m = end - (end - start) (cos(pi step / total) + 1) / 2

    Source: Grill et al. 2020 (BYOL), sec. 3.3; the published SCRL.
    Deviates: ``end`` is 1 there.

    Args:
        step: steps of the optimiser before this one, 0 at the first.
        total: steps of the whole run.
        start: m of the first step, in [0, 1].
        end: where m goes; ``step`` = ``total`` would have it.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> cosine_momentum(0, 100, 0.97), cosine_momentum(50, 100, 0.97)
        (0.97, 0.985)
    """
    check_momentum(start, 'start')
    check_momentum(end, 'end')
    if not 0 <= step <= total or total < 1:
        raise ValueError(
            f'step must be in [0, total] and total >= 1, got {step} of {total}'
        )
    return end - (end - start) * (math.cos(math.pi * step / total) + 1) / 2
