"""A copy of a model's buffers, to go back to."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class BufferSnapshot:
    """Keep what a forward pass may change although no step is taken.

    A forward pass on a bad batch leaves nan in running batch statistics, and
    in queues or centres of other methods. The copies lie on the buffers' own
    device and are made by a few kernels.

    Args:
        model: Whose buffers, those that are not in checkpoints included.

    Example:
        >>> model = nn.BatchNorm1d(1)
        >>> snapshot = BufferSnapshot(model)
        >>> snapshot.save()
        >>> _ = model(torch.tensor([[1.0], [float('nan')]]))
        >>> snapshot.restore()
        >>> model.running_mean
        tensor([0.])
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._kept: dict[str, Tensor] = {}

    @torch.no_grad()
    def save(self) -> None:
        """Copy the buffers as they are."""
        now = dict(self._model.named_buffers())
        same = self._kept.keys() == now.keys() and all(
            _alike(kept, now[name]) for name, kept in self._kept.items()
        )
        if same:
            _copy(list(self._kept.values()), list(now.values()))
        else:
            self._kept = {name: b.detach().clone() for name, b in now.items()}

    @torch.no_grad()
    def restore(self) -> None:
        """Write the copies back, in place."""
        now = dict(self._model.named_buffers())
        known = [
            name
            for name, kept in self._kept.items()
            if name in now and _alike(kept, now[name])
        ]
        _copy([now[name] for name in known], [self._kept[n] for n in known])

    @torch.no_grad()
    def restore_if(self, condition: Tensor) -> None:
        """Write the copies back where that is true, without asking a GPU.

        Args:
            condition: One boolean.
        """
        for name, buffer in self._model.named_buffers():
            kept = self._kept.get(name)
            if kept is not None and _alike(kept, buffer):
                chosen = condition.to(buffer.device)
                buffer.copy_(torch.where(chosen, kept, buffer))

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take up copies that were made before, on the buffers' devices."""
        self._kept = {
            name: state[name].to(buffer.device, copy=True)
            for name, buffer in self._model.named_buffers()
            if name in state
        }

    def state_dict(self) -> dict[str, Tensor]:
        """Return the copies by name."""
        return dict(self._kept)


@torch.no_grad()
def set_buffers(module: nn.Module, values: Mapping[str, Tensor]) -> None:
    """Write saved values into a module's buffers, in place.

    Args:
        module: Has the buffers.
        values: By name, on any device; what the module has not, or has in
            another shape, is left out.
    """
    buffers = dict(module.named_buffers())
    for name, value in values.items():
        if name in buffers and buffers[name].shape == value.shape:
            buffers[name].copy_(value)


def _alike(one: Tensor, other: Tensor) -> bool:
    return (one.shape, one.dtype, one.device) == (
        other.shape,
        other.dtype,
        other.device,
    )


def _copy(targets: list[Tensor], sources: list[Tensor]) -> None:
    """Copy tensors to tensors, kinds of numbers apart: faster on a GPU."""
    kinds: dict[tuple, tuple[list[Tensor], list[Tensor]]] = {}
    for target, source in zip(targets, sources):
        group = kinds.setdefault((target.dtype, target.device), ([], []))
        group[0].append(target)
        group[1].append(source)
    for to, what in kinds.values():
        torch._foreach_copy_(to, what)
