"""Most bytes that tensors take during a step, on a GPU and on the CPU.

The resident memory of a process also has libraries, workers' pages and what
an allocator keeps back; two methods cannot be told apart by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

import torch
from torch import Tensor, nn
from torch.autograd.profiler import profile

from mmssl.engine.profiling.memory import MIB, peak_mib, reset_peak


def step_peak_mib(
    step: Callable[[], Any],
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
) -> float:
    """Run a step and return the peak of what tensors take, MiB.

    Args:
        step: forward, backward and optimiser; run once before, so that
            optimiser and caches hold what they will hold.
        model: Whose weights, buffers and gradients count.
        optimizer: Whose state counts.
        device: A GPU: the allocator's peak. The CPU: what is there before
            the step, and the largest rise during it.
    """
    if device.type == 'cuda':
        reset_peak(device)
        step()
        return peak_mib(device)
    before = held_bytes(model, optimizer)
    return (before + allocation_peak(step)) / MIB


def held_bytes(model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Return the bytes of weights, buffers, gradients and optimiser state.

    Example:
        >>> net = nn.Linear(4, 2, bias=False)
        >>> held_bytes(net, torch.optim.SGD(net.parameters(), lr=1))
        32
    """
    storages = {}
    for tensor in _held(model, optimizer):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def allocation_peak(step: Callable[[], Any]) -> int:
    """Return how far the memory of CPU tensors rises above its start, bytes.

    torch's profiler notes each time that the allocator gives or takes. It
    does not know blocks from before: a step that frees some of them makes no
    room by that. (Training steps free none: gradients come and go in a step.)

    Args:
        step: What to run.
    """
    with profile(profile_memory=True) as recorded:
        step()
    results = recorded.kineto_results
    events = [e for e in results.events() if e.name() == '[memory]']
    now = peak = 0
    for event in sorted(events, key=_start):
        now += event.nbytes()
        peak = max(peak, now)
    return peak


def kept_bytes(forward: Callable[[], Any], model: nn.Module) -> int:
    """Return the bytes that a forward pass keeps for the backward pass.

    Args:
        forward: What to run; what it returns is dropped.
        model: Whose weights and buffers do not count.

    Example:
        >>> net = nn.Linear(4, 2)
        >>> kept_bytes(lambda: net(torch.ones(3, 4)), net)  # its input
        48
    """
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        forward()
    for tensor in (*model.parameters(), *model.buffers()):
        kept.pop(tensor.untyped_storage().data_ptr(), None)
    return sum(t.untyped_storage().nbytes() for t in kept.values())


def _start(event: Any) -> int:
    """Return when an event began; torch 2.1 counts microseconds."""
    ns = getattr(event, 'start_ns', None)
    return ns() if ns is not None else event.start_us()


def _held(
    model: nn.Module, optimizer: torch.optim.Optimizer
) -> Iterator[Tensor]:
    """Yield what stays from step to step."""
    for parameter in model.parameters():
        yield parameter
        if parameter.grad is not None:
            yield parameter.grad
    yield from model.buffers()
    yield from _tensors(optimizer.state.values())


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Mapping):
            yield from _tensors(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)
