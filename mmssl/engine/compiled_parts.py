"""torch.compile for the network's parts, with unchanged names of weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


class CompiledForward:
    """A module's forward that compiles itself when it is first called.

    It stands in the module as ``forward``, so hooks, wrappers and names of
    weights stay as they are. A copy of the module (an EMA, say) gets one of
    its own; a pickled one forgets what was compiled.

    Args:
        module: Whose forward to compile.
        options: Arguments of ``torch.compile``.
    """

    def __init__(self, module: nn.Module, options: Mapping[str, Any]) -> None:
        self.module = module
        self.options = dict(options)
        self._run: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the module, compiled while it trains.

        Evaluation runs as it is: another shape for each image would be
        compiled anew, for nothing.
        """
        forward = type(self.module).forward
        if not self.module.training:
            return forward(self.module, *args, **kwargs)
        if self._run is None:
            bound = forward.__get__(self.module)
            self._run = torch.compile(bound, **self.options)
        _keep_sizes(args)
        return self._run(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, '_run': None}


def _keep_sizes(args: tuple[Any, ...]) -> None:
    """Have images of every size compiled for that size.

    Views of two sizes would make torch compile for any size, which takes it
    forever for windows of attention. Numbers of images may vary.
    """
    for images in args:
        if isinstance(images, torch.Tensor) and images.dim() == 4:
            torch._dynamo.mark_static(images, [2, 3])


def compile_parts(
    model: nn.Module, options: Mapping[str, Any] | None = None
) -> list[str]:
    """Compile each part of a model that has parameters.

    The parts are the model's children: backbone, neck, decoder, head; of a
    child without a forward of its own, such as a teacher, its children. What
    lies between them (targets, losses, data) is Python that changes from
    batch to batch, and the optimiser is left alone: mmengine's
    ``compile=True`` tries all of it in one piece.

    Args:
        model: Changed in place.
        options: Arguments of ``torch.compile``.

    Returns:
        Names of the compiled parts.

    Example:
        >>> net = nn.ModuleDict({'backbone': nn.Linear(2, 2)})
        >>> compile_parts(net), list(net.state_dict())
        (['backbone'], ['backbone.weight', 'backbone.bias'])
    """
    found = []
    for name, module in model.named_children():
        if type(module).forward is nn.Module.forward:
            inside = compile_parts(module, options)
            found += [f'{name}.{part}' for part in inside]
        elif any(True for _ in module.parameters()):
            module.forward = CompiledForward(module, options or {})
            found.append(name)
    return found
