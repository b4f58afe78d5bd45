"""Between the backward pass and the step of an optimizer wrapper.

mmengine's ``OptimWrapper.update_params`` scales the loss, runs the backward
pass, steps (clipping gradients first, or handing them to a GradScaler) and
clears the gradients. :class:`StepGuard` replaces ``backward`` and ``step`` of
one wrapper *object* by functions that call them. So it works for every class
of wrapper and for models that call ``backward`` and ``step`` themselves; it
sees the gradients before clipping spoils what they say (a norm of nan makes
all of them nan); and where it forbids a step, ``update_params`` goes on to
clear the gradients, as after any step. An optimizer's own step hooks come
after clipping and cannot forbid anything.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.optim import OptimWrapper
from torch import Tensor

from mmssl.engine.gradients import (
    count_non_finite,
    gradients_of,
    total_norm,
    wide_dtype,
)


class NonFiniteError(RuntimeError):
    """A loss or gradient that is nan or inf; says where and what to do."""


class Measured(NamedTuple):
    """What is known before a step, the same in all processes.

    Attributes:
        bad_loss: The loss of some process and batch is nan or inf.
        bad_gradient: Some gradient holds nan or inf.
        norm: Of all gradients together, without the loss scale; None if it
            was not asked for or is not finite.
        scale: Loss scale of the step; None without a GradScaler.
    """

    bad_loss: bool
    bad_gradient: bool
    norm: float | None
    scale: float | None


class StepGuard:
    """Ask before each step of an optimizer wrapper.

    Args:
        wrapper: The wrapper to guard.
        decide: Called with this guard before each step, while gradients are
            there; False forbids the step.
        waits: Called with each loss, detached, whose backward pass has no
            step after it yet.

    Attributes:
        losses: Of the backward passes since the last step, detached.
        steps: How many steps were asked for.
    """

    def __init__(
        self,
        wrapper: OptimWrapper,
        decide: Callable[[StepGuard], bool],
        waits: Callable[[Tensor], None] | None = None,
    ) -> None:
        self.wrapper: Any = wrapper
        self.losses: list[Tensor] = []
        self.steps = 0
        self._decide = decide
        self._waits = waits
        self._replaced: dict[str, Any] = {}

    def install(self) -> None:
        """Stand between the wrapper's backward pass and its step."""
        if self._replaced:
            return
        wrapper = self.wrapper
        # A scheduler of mmengine may have put a counting step there.
        self._replaced = {
            name: vars(wrapper).get(name) for name in ('backward', 'step')
        }
        backward, step = wrapper.backward, wrapper.step

        @functools.wraps(backward)
        def watched(loss: Tensor, **kwargs: Any) -> None:
            self.losses.append(loss.detach())
            backward(loss, **kwargs)
            if self._waits is not None and not wrapper.should_update():
                self._waits(self.losses[-1])

        @functools.wraps(step)
        def guarded(**kwargs: Any) -> None:
            self.steps += 1
            allowed = self._decide(self)
            self.losses = []
            if allowed:
                step(**kwargs)

        wrapper.backward, wrapper.step = watched, guarded

    def remove(self) -> None:
        """Leave the wrapper as it was."""
        for name, before in self._replaced.items():
            if before is None:
                delattr(self.wrapper, name)
            else:
                setattr(self.wrapper, name, before)
        self._replaced = {}

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs, in the midst of a step too."""
        return dict(
            steps=self.steps, losses=[float(loss) for loss in self.losses]
        )

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what :meth:`state_dict` returned."""
        self.steps = int(state['steps'])
        device = self.wrapper.optimizer.param_groups[0]['params'][0].device
        self.losses = [torch.tensor(x, device=device) for x in state['losses']]

    @property
    def scaler(self) -> Any:
        """The wrapper's GradScaler, if it has one that is in use."""
        scaler = getattr(self.wrapper, 'loss_scaler', None)
        return scaler if scaler is not None and scaler.is_enabled() else None

    @property
    def logs_norm(self) -> bool:
        """Whether mmengine logs ``grad_norm`` itself: it clips by norm."""
        wrapper = self.wrapper
        name = getattr(wrapper, 'grad_name', '')
        return bool(wrapper.clip_grad_kwargs) and name == 'grad_norm'

    def gradients(self) -> list[Tensor]:
        """Return the gradients of the optimizer's parameters."""
        groups = self.wrapper.optimizer.param_groups
        return gradients_of(p for group in groups for p in group['params'])

    def measure(self, with_gradients: bool = True) -> Measured:
        """Look at losses and gradients; called by all processes together.

        One small all-reduce with several processes, and one transfer from
        the device: what is not finite in one process is so for all.

        Args:
            with_gradients: False looks at the losses alone.
        """
        gradients = self.gradients() if with_gradients else []
        values = _summary(self.losses, gradients, self.scaler)
        if get_world_size() > 1:
            all_reduce(values, op='max')
        bad_loss, bad_norm, norm, scale = values.tolist()
        if bad_norm and not bad_loss:
            bad_norm, norm = _exact(gradients, values.device)
        return Measured(
            bad_loss=bool(bad_loss),
            bad_gradient=bool(bad_norm),
            norm=None if bad_norm or not gradients else norm / scale,
            scale=scale if self.scaler else None,
        )


def _summary(
    losses: Sequence[Tensor], gradients: Sequence[Tensor], scaler: Any
) -> Tensor:
    """Return (4,): loss bad, norm bad, norm (0 if bad), loss scale."""
    norm = total_norm(gradients)
    device = losses[0].device if losses else norm.device
    dtype = wide_dtype(device)
    norm = norm.to(device, dtype)
    one = torch.ones((), device=device, dtype=torch.float32)
    bad = torch.zeros((), device=device, dtype=torch.bool)
    for loss in losses:
        bad = bad | ~torch.isfinite(loss).all()
    return torch.stack(
        [
            bad.to(dtype),
            (~torch.isfinite(norm)).to(dtype),
            torch.nan_to_num(norm, 0.0, 0.0, 0.0),
            (scaler.scale(one) if scaler else one).to(dtype),
        ]
    )


def _exact(
    gradients: Sequence[Tensor], device: torch.device
) -> tuple[bool, float]:
    """Tell values that are not finite from a norm that overflows.

    Rare, so it may cost something.

    Returns:
        Whether some process has nan or inf, and the norm in float64.
    """
    bad = torch.tensor(float(count_non_finite(gradients) > 0), device=device)
    if get_world_size() > 1:
        all_reduce(bad, op='max')
    if bad:
        return True, 0.0
    wide = [gradient.to(wide_dtype(gradient.device)) for gradient in gradients]
    return False, float(total_norm(wide))
