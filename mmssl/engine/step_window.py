"""What a step of the optimizer has seen, kept until the step is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mmssl.engine.buffer_snapshot import BufferSnapshot
from mmssl.engine.gradients import copied_gradients
from mmssl.utils.random_state import random_state


class MicroBatch(NamedTuple):
    """One forward and backward pass of a step.

    Attributes:
        iteration: Of the run, counted from 0.
        batch: What the model gets, before its data preprocessor.
        random: States of all generators right before the forward pass.
    """

    iteration: int
    batch: Any
    random: dict[str, Any]


class StepWindow:
    """Keep the batches of a step, and the buffers from before it.

    With gradient accumulation a step has several batches; references to
    them are kept (no copies) until the step is taken.

    Args:
        model: Whose buffers and gradients count.

    Attributes:
        batches: Of the step so far.
        terms: Name -> value of the losses of each batch.
        gradients: Those that were there when the window was opened in the
            midst of an accumulation, as after resuming; else empty.
        buffers: As they were before the first batch that is kept.
        earlier: Batches of the step from before the run was resumed.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._fresh = True
        self.buffers = BufferSnapshot(model)
        self.batches: list[MicroBatch] = []
        self.terms: list[dict[str, Tensor]] = []
        self.gradients: dict[str, Tensor] = {}
        self.earlier = 0
        self._before = BufferSnapshot(model)  # those ones

    def open(self, iteration: int, batch: Any) -> None:
        """Take in a batch right before its forward pass."""
        if not self.batches:
            self.buffers.save()
            # Between steps they are cleared; a resumed run may bring some.
            self.gradients = (
                copied_gradients(self._model) if self._fresh else {}
            )
            self._fresh = False
        self.batches.append(MicroBatch(iteration, batch, random_state()))

    @property
    def length(self) -> int:
        """Batches of the step so far, those before resuming included."""
        return self.earlier + len(self.batches)

    @property
    def _first(self) -> BufferSnapshot:
        return self._before if self.earlier else self.buffers

    def undo(self) -> None:
        """Give the model the buffers from before the step."""
        self._first.restore()

    def undo_if(self, condition: Tensor) -> None:
        """The same where a boolean of the device is true."""
        self._first.restore_if(condition)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs in the midst of a step."""
        if not self.length:
            return {}
        buffers = self._first.state_dict()
        return dict(
            length=self.length,
            buffers={name: b.cpu().clone() for name, b in buffers.items()},
        )

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what :meth:`state_dict` returned."""
        self.earlier = int(state.get('length', 0))
        self._before.load_state_dict(state.get('buffers', {}))

    def close(self, outputs: Mapping[str, Any] | None) -> None:
        """Take in what the batch's forward pass has returned."""
        tensors = (outputs or {}).items()
        self.terms.append(
            {name: v.detach() for name, v in tensors if torch.is_tensor(v)}
        )

    def clear(self) -> None:
        """Forget the batches: the step is over."""
        self.batches, self.terms, self.earlier = [], [], 0
