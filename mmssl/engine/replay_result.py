"""What comes of a step that is taken again, and how it is compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mmssl.engine.batch_statistics import TensorRow
from mmssl.engine.gradients import GradientRow
from mmssl.engine.replay_probe import Finding


class TermRow(NamedTuple):
    """A loss term as the run saw it, and as it is now."""

    batch: int
    name: str
    recorded: float
    replayed: float

    @property
    def same(self) -> bool:
        """Whether both are equal to the bit."""
        return _equal(self.recorded, self.replayed)

    @property
    def alike(self) -> bool:
        """Whether both are finite, or neither is."""
        return math.isfinite(self.recorded) == math.isfinite(self.replayed)


class ReplayResult(NamedTuple):
    """What came of a step that was taken again.

    Attributes:
        rank: Process whose part was replayed.
        reproduced: What was not finite then is not finite now.
        identical: Every loss term, and the norm of every gradient where one
            process has them alone, is equal to the bit.
        terms: Of each batch of the step.
        gradients: Worth a look: those that are not finite.
        output: First module whose output is not finite.
        gradient: First gradient in the backward pass that is not finite.
        weights: Names of weights that were not finite before the step.
        inputs: Tensors of the batches.
        batches: The batches, as the model got them.
        notes: Why the outcome may differ.
        anomaly: What torch's anomaly detection says; empty if not asked.
    """

    rank: int
    reproduced: bool
    identical: bool
    terms: list[TermRow]
    gradients: list[GradientRow]
    output: Finding | None
    gradient: Finding | None
    weights: list[str]
    inputs: list[TensorRow]
    batches: list[Any]
    notes: list[str]
    anomaly: str


def term_rows(
    recorded: Sequence[Mapping[str, Any]],
    replayed: Sequence[Mapping[str, float]],
) -> list[TermRow]:
    """Pair the loss terms of each batch of a step.

    Args:
        recorded: Batches of a dump.
        replayed: Name -> value for each; what is missing is nan.
    """
    return [
        TermRow(place, name, value, now.get(name, math.nan))
        for place, (micro, now) in enumerate(zip(recorded, replayed))
        for name, value in micro['terms'].items()
    ]


def is_reproduced(
    state: Mapping[str, Any],
    part: Mapping[str, Any],
    terms: Sequence[TermRow],
    rows: Sequence[GradientRow],
) -> bool:
    """Return whether what was not finite is not finite again."""
    if not all(row.alike for row in terms):
        return False
    if state['measured']['bad_loss']:
        return True
    now = [row.name for row in rows if row.non_finite]
    if state['world_size'] > 1:  # recorded ones are of all processes
        return bool(now)
    bad = [row[0] for row in part['gradients'] if row[2]]
    return now == bad


def same_gradients(one: Sequence[GradientRow], other: Sequence) -> bool:
    """Return whether gradients have the same names and norms."""
    if [row.name for row in one] != [row.name for row in other]:
        return False
    return all(_equal(a.norm, b.norm) for a, b in zip(one, other))


def _equal(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
