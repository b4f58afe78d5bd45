"""Watch a model for the first value that is not finite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mmssl.engine.plain_data import walk


class Finding(NamedTuple):
    """Where something that is not finite came up first.

    Attributes:
        place: Name of a module or parameter.
        kind: Class of the module, or 'parameter'.
        non_finite: How many values.
        size: Of how many.
        clean_input: Whether what went into it was finite.
    """

    place: str
    kind: str
    non_finite: int
    size: int
    clean_input: bool

    def text(self, what: str) -> str:
        """Return a sentence.

        Args:
            what: 'output' or 'gradient'.
        """
        share = f'{self.non_finite} of {self.size} values of its {what}'
        entry = 'what goes in is finite'
        if not self.clean_input:
            entry = 'what goes in is not finite already'
        tail = f'; {entry}' if what == 'output' else ''
        return f'{self.place} ({self.kind}): {share}{tail}'


class Probe:
    """Forward and backward hooks that look, and change nothing.

    Args:
        model: Its modules are watched until :meth:`remove`.

    Attributes:
        output: First module, in the order of computation, whose output is
            not finite; None if all are.
        gradient: First module (by the gradient of its output) or parameter
            in the backward pass whose gradient is not finite.
    """

    def __init__(self, model: nn.Module) -> None:
        self.output: Finding | None = None
        self.gradient: Finding | None = None
        self._handles: list[Any] = []
        for name, module in model.named_modules():
            watch = self._forward_hook(name or 'the model')
            self._handles.append(module.register_forward_hook(watch))
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                look = self._gradient_hook(name, 'parameter')
                self._handles.append(parameter.register_hook(look))

    def remove(self) -> None:
        """Take the hooks off."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _forward_hook(self, name: str) -> Any:
        def watch(module: nn.Module, inputs: Any, output: Any) -> None:
            for tensor in _tensors(output):
                bad = _count(tensor)
                if bad and self.output is None:
                    clean = not any(_count(t) for t in _tensors(inputs))
                    self.output = Finding(
                        name, type(module).__name__, bad, tensor.numel(), clean
                    )
                if tensor.requires_grad:
                    kind = type(module).__name__
                    tensor.register_hook(self._gradient_hook(name, kind))

        return watch

    def _gradient_hook(self, name: str, kind: str) -> Any:
        def look(gradient: Tensor) -> None:
            bad = _count(gradient) if self.gradient is None else 0
            if bad:
                self.gradient = Finding(
                    name, kind, bad, gradient.numel(), True
                )

        return look


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the floating tensors of nested data."""
    for _, leaf in walk(value):
        if torch.is_tensor(leaf) and leaf.is_floating_point():
            yield leaf


def _count(tensor: Tensor) -> int:
    return int(tensor.numel() - torch.isfinite(tensor.detach()).sum())
