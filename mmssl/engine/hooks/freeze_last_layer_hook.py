"""Hold the last layer of DINO's head at the beginning of training."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import Hook
from torch import nn
from torch.nn import Parameter

from mmssl.engine.run_position import Length
from mmssl.engine.run_state import optim_wrappers
from mmssl.registry import HOOKS
from mmssl.utils.model_wrapper import unwrapped


def trained_below(model: nn.Module, layer: str) -> dict[str, Parameter]:
    """Return the parameters of a submodule that training changes.

    Args:
        model: The model.
        layer: Dotted name of the submodule.

    Raises:
        ValueError: There are none.
    """
    found = {
        name: parameter
        for name, parameter in model.named_parameters()
        if name.startswith(f'{layer}.') and parameter.requires_grad
    }
    if not found:
        parts = sorted(name for name, _ in model.named_children())
        raise ValueError(
            f'FreezeLastLayerHook: {type(model).__name__} has no trained '
            f'parameters below {layer!r}; its parts are {", ".join(parts)}: '
            'give the name of a layer, or leave the hook out'
        )
    return found


@HOOKS.register_module()
class FreezeLastLayerHook(Hook):
    """Set a layer's gradients to None before each early step.

    So the optimiser passes the layer by: weights stay, and nothing counts in
    its moments, its weight decay or its number of steps. A gradient of 0
    would do neither. Gradients are computed and seen by all else (guards,
    norms, GradScaler, clipping).

    A step belongs to the epoch in which it is taken. Where training is
    resumed, the number of the epoch or iteration decides again.

    Source: ``cancel_gradients_last_layer`` of the published DINO and
    SOLIDER.
    Deviates: none; ``steps`` is ours.

    Args:
        epochs: Epochs at the beginning in which the layer is held.
        steps: Steps of the optimiser instead of epochs, for runs by
            iterations; accumulated batches make one step.
        layer: Name of the layer in the model.

    Raises:
        ValueError: ``epochs`` or ``steps`` is negative.
    """

    def __init__(
        self,
        epochs: int = 1,
        steps: int | None = None,
        layer: str = 'neck.last_layer',
    ) -> None:
        self.length = Length(epochs, steps, 'FreezeLastLayerHook')
        self.layer = layer
        self._handle: Any = None

    def before_train(self, runner: Any) -> None:
        """Stand before the optimiser's steps.

        Raises:
            LaunchError: Epochs are given, but the run goes by iterations.
            TypeError: There is not one optimizer wrapper.
            ValueError: The model has no such layer to hold.
        """
        self.length.check(runner)
        wrappers = optim_wrappers(runner)
        if len(wrappers) != 1:
            raise TypeError(
                'FreezeLastLayerHook follows the steps of one optim_wrapper, '
                f'got {len(wrappers)}'
            )
        held = trained_below(unwrapped(runner.model), self.layer)

        def hold(*_arguments: Any) -> None:
            if self.length.done(runner) < self.length.number:
                for parameter in held.values():
                    parameter.grad = None

        if runner.cfg.get('compile'):
            hold = torch.compiler.disable(hold)
        self._remove()
        # After clipping, and only where a step is really taken.
        optimizer = wrappers[0][1].optimizer
        self._handle = optimizer.register_step_pre_hook(hold)
        runner.logger.info(
            f'held for the first {self.length}: {", ".join(held)}'
        )

    def after_train(self, runner: Any) -> None:
        """Leave the optimiser alone."""
        self._remove()

    def _remove(self) -> None:
        if self._handle is not None:
            self._handle.remove()
            self._handle = None
