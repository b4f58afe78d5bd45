"""Gradients limited one parameter at a time, as DINO and SOLIDER do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

KIND = 'parameter'
_HALF = (torch.float16, torch.bfloat16)


def clip_each_(
    gradients: Iterable[Tensor], max_norm: float, eps: float = 1e-6
) -> None:
    """Scale each gradient down, in place, where its own norm is too large.

    ``g <- g min(1, max_norm / (|g| + eps))``. Norms by torch's foreach
    kernels in float32 or better; nothing leaves the device. A gradient whose
    norm is nan stays as it is, one with inf becomes 0 and nan.

    Args:
        gradients: Dense tensors of any shapes, devices and dtypes.
        max_norm: Largest Euclidean norm of each.
        eps: Keeps the fraction finite.

    Raises:
        RuntimeError: A gradient is sparse.

    Source: ``clip_gradients`` of the published DINO and SOLIDER.
    Deviates: none in float32; norms of half-precision tensors are taken in
    float32.

    Example:
        >>> large, small = torch.tensor([3.0, 4.0]), torch.tensor([0.5])
        >>> clip_each_([large, small], max_norm=1.0, eps=0.0)
        >>> large, small
        (tensor([0.6000, 0.8000]), tensor([0.5000]))
    """
    for group in _alike(gradients).values():
        wide = [g.float() for g in group] if group[0].dtype in _HALF else group
        norms = torch.stack(torch._foreach_norm(wide))
        factors = max_norm / (norms + eps)
        factors = torch.where(factors < 1, factors, torch.ones_like(factors))
        torch._foreach_mul_(group, factors.to(group[0].dtype).unbind())


def clip_parameters_(
    parameters: Iterable[Tensor], max_norm: float, eps: float = 1e-6
) -> None:
    """Apply :func:`clip_each_` to the gradients of parameters.

    It returns nothing, so that an optimiser wrapper has nothing to log, and
    no reason to wait for the device.

    Args:
        parameters: Those without gradient are left out.
        max_norm: Largest norm of each gradient.
        eps: Keeps the fraction finite.
    """
    gradients = [p.grad.detach() for p in parameters if p.grad is not None]
    clip_each_(gradients, max_norm, eps)


class ParameterClipping:
    """``clip_grad=dict(type='parameter', max_norm=...)`` for a wrapper.

    To be named before a class of mmengine's optimiser wrappers. Other kinds
    of ``clip_grad`` ('norm', 'value') remain those of mmengine. The wrapper
    clips where it always does: between the backward pass of a step's last
    batch and the step, under a GradScaler after the loss scale is taken out.

    Args:
        *args: Of the wrapper.
        clip_grad: ``dict(type='parameter', max_norm=..., eps=1e-6)``, or
            what mmengine's wrapper takes.
        **kwargs: Of the wrapper.

    Raises:
        ValueError: ``max_norm`` is missing or not above 0, or there are
            other keys.
    """

    clip_func: Any
    grad_name: str
    clip_grad_kwargs: Any

    def __init__(
        self,
        *args: Any,
        clip_grad: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        own = clip_grad is not None and clip_grad.get('type') == KIND
        given = None if own or clip_grad is None else dict(clip_grad)
        super().__init__(*args, clip_grad=given, **kwargs)  # type: ignore[call-arg]
        if own:
            self.clip_grad_kwargs = _checked(clip_grad or {})
            self.clip_func = clip_parameters_
            self.grad_name = 'grad_clip'  # the guard logs grad_norm itself


def _checked(clip_grad: Mapping[str, Any]) -> dict[str, float]:
    """Return the arguments of :func:`clip_parameters_`."""
    settings = {k: v for k, v in clip_grad.items() if k != 'type'}
    unknown = sorted(set(settings) - {'eps', 'max_norm'})
    if unknown:
        raise ValueError(
            f"clip_grad of type 'parameter' has no {', '.join(unknown)}; its "
            'keys are eps, max_norm'
        )
    max_norm = settings.get('max_norm')
    if not isinstance(max_norm, (int, float)) or not max_norm > 0:
        raise ValueError(
            "clip_grad of type 'parameter' needs a max_norm above 0, got "
            f'{max_norm!r}: 3.0 is what DINO has, clip_grad=None clips nothing'
        )
    return settings


def _alike(
    gradients: Iterable[Tensor],
) -> dict[tuple[torch.device, torch.dtype], list[Tensor]]:
    """Return the gradients by device and type."""
    groups: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for gradient in gradients:
        if gradient.is_sparse:
            raise RuntimeError(
                'clipping by parameter needs dense gradients, got a sparse '
                f'one of shape {tuple(gradient.shape)}: build the embedding '
                'with sparse=False'
            )
        key = (gradient.device, gradient.dtype)
        groups.setdefault(key, []).append(gradient)
    return groups
