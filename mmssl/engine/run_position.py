"""Where a run is, in epochs or in steps of the optimiser.

Both follow from the number of the iteration, so that a resumed run agrees.
"""

from __future__ import annotations

from typing import Any

from mmengine.runner import EpochBasedTrainLoop

from mmssl.engine.run_config import LaunchError
from mmssl.engine.run_state import accumulation


def step_of(iteration: int, every: int) -> int:
    """Return which step of the optimiser an iteration belongs to.

    Args:
        iteration: From 0.
        every: Iterations of a step: gradient accumulation.

    Returns:
        From 0. A run that ends amidst an accumulation makes a step as well.

    Example:
        >>> [step_of(iteration, every=2) for iteration in range(5)]
        [0, 0, 1, 1, 2]
    """
    return iteration // every


class Length:
    """So many epochs, or so many steps of the optimiser.

    Args:
        epochs: Their number.
        steps: Their number, instead of ``epochs``; works in runs by
            iterations too.
        owner: Who asks, for messages.

    Raises:
        ValueError: A number below 0.
    """

    def __init__(self, epochs: int, steps: int | None, owner: str) -> None:
        for name, value in (('epochs', epochs), ('steps', steps)):
            if value is not None and value < 0:
                raise ValueError(
                    f'{owner}: {name} must be at least 0, got {value}'
                )
        self.by_steps = steps is not None
        self.number = epochs if steps is None else steps
        self.owner = owner

    def __str__(self) -> str:
        unit = 'steps' if self.by_steps else 'epochs'
        return f'{self.number} {unit}'

    def check(self, runner: Any) -> None:
        """Raise LaunchError if epochs are asked for where there are none."""
        epochs = isinstance(runner.train_loop, EpochBasedTrainLoop)
        if not self.by_steps and not epochs:
            raise LaunchError(
                f'{self.owner} counts {self.number} epochs, but the run goes '
                'by iterations and has none: give steps=... (steps of the '
                'optimiser) instead of epochs'
            )

    def done(self, runner: Any) -> int:
        """Return how many epochs or steps are over at this iteration."""
        if not self.by_steps:
            return int(runner.epoch)
        return step_of(runner.iter, accumulation(runner)[0])
