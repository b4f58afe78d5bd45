"""Norms of gradients, and which of them are not finite.

Pure functions of tensors. What they return stays on the device, so that one
transfer brings everything that a step wants to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class GradientRow(NamedTuple):
    """One parameter's gradient.

    Attributes:
        name: Of the parameter.
        norm: Euclidean, in float64; nan or inf if it is not finite.
        non_finite: How many of its values are nan or inf.
        size: Number of its values.
    """

    name: str
    norm: float
    non_finite: int
    size: int


def total_norm(gradients: Sequence[Tensor]) -> Tensor:
    """Return the Euclidean norm of all gradients together.

    ``sqrt(sum_i |g_i|^2)``, each ``|g_i|`` by torch's foreach kernels in
    float32 or better, their sum in float64.

    Args:
        gradients: Floating tensors of any shapes; none gives 0.

    Returns:
        () float64 on the device of the first one (float32 where there is no
        float64). It is finite only if every value is; it can overflow where
        values above 1e19 are still finite.

    Example:
        >>> total_norm([torch.tensor([3.0, 0.0]), torch.tensor(4.0)])
        tensor(5., dtype=torch.float64)
    """
    if not gradients:
        return torch.zeros((), dtype=torch.float64)
    device = gradients[0].device
    groups: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for gradient in gradients:
        values = _dense(gradient.detach())
        groups.setdefault((values.device, values.dtype), []).append(values)
    norms = [
        torch.stack(torch._foreach_norm(_at_least_float32(group)))
        .to(wide_dtype(device))
        .to(device)
        for group in groups.values()
    ]
    return torch.linalg.vector_norm(torch.cat(norms))


def wide_dtype(device: torch.device) -> torch.dtype:
    """Return float64, or float32 on a device that has no float64."""
    return torch.float32 if device.type == 'mps' else torch.float64


def group_norms(groups: Iterable[Mapping[str, Any]]) -> list[float]:
    """Return the norm of each parameter group of an optimizer.

    Args:
        groups: ``optimizer.param_groups``.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> weight.grad = torch.tensor([3.0, 4.0])
        >>> group_norms([{'params': [weight]}, {'params': []}])
        [5.0, 0.0]
    """
    return [
        float(total_norm(gradients_of(group['params']))) for group in groups
    ]


def gradients_of(parameters: Iterable[Tensor]) -> list[Tensor]:
    """Return the gradients that are there."""
    return [p.grad for p in parameters if p.grad is not None]


def copied_gradients(model: nn.Module) -> dict[str, Tensor]:
    """Return name -> copy of the gradient on the CPU, where there is one."""
    return {
        name: parameter.grad.detach().cpu().clone()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }


def set_gradients(model: nn.Module, gradients: Mapping[str, Tensor]) -> None:
    """Bring gradients back.

    Args:
        model: Its parameters get copies; others keep what they have.
        gradients: Of :func:`copied_gradients`; one of another shape is left
            out.
    """
    for name, parameter in model.named_parameters():
        gradient = gradients.get(name)
        if gradient is not None and gradient.shape == parameter.shape:
            parameter.grad = gradient.to(parameter.device, copy=True)


def count_non_finite(tensors: Iterable[Tensor]) -> int:
    """Return how many values are nan or inf.

    Example:
        >>> count_non_finite([torch.tensor([1.0, float('nan')])])
        1
    """
    counts = [_non_finite(_dense(tensor.detach())) for tensor in tensors]
    return sum(int(count) for count in counts)


def non_finite_names(named: Iterable[tuple[str, Tensor]]) -> list[str]:
    """Return the names of the tensors that hold nan or inf, in order.

    Args:
        named: Such as ``model.named_parameters()``.

    Example:
        >>> good, bad = torch.ones(1), torch.tensor([float('inf')])
        >>> non_finite_names([('a', good), ('b', bad)])
        ['b']
    """
    return [name for name, tensor in named if count_non_finite([tensor])]


def gradient_rows(model: nn.Module) -> list[GradientRow]:
    """Describe every gradient of a model, exactly.

    Args:
        model: After a backward pass.

    Returns:
        A row for each parameter with a gradient, in the model's order.
    """
    rows = []
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        values = _dense(parameter.grad.detach())
        norm = torch.linalg.vector_norm(values.to(wide_dtype(values.device)))
        count = int(_non_finite(values))
        rows.append(GradientRow(name, float(norm), count, values.numel()))
    return rows


def largest(rows: Iterable[GradientRow], k: int = 5) -> list[GradientRow]:
    """Return the worst k: those that are not finite, then by norm.

    Args:
        rows: Of :func:`gradient_rows`.
        k: At most so many.

    Example:
        >>> rows = [GradientRow('a', 1.0, 0, 4), GradientRow('b', 9.0, 0, 4)]
        >>> [row.name for row in largest(rows, 1)]
        ['b']
    """
    return sorted(rows, key=lambda r: (r.non_finite == 0, -_sortable(r.norm)))[
        :k
    ]


def _sortable(norm: float) -> float:
    """Return a norm that can be compared; nan is beyond everything."""
    return float('inf') if norm != norm else norm


def _non_finite(values: Tensor) -> Tensor:
    return values.numel() - torch.isfinite(values).sum()


def _dense(values: Tensor) -> Tensor:
    """Return the values that a sparse gradient holds, or a dense one."""
    return values.coalesce().values() if values.is_sparse else values


def _at_least_float32(group: list[Tensor]) -> list[Tensor]:
    """Return half-precision tensors in float32, others as they are."""
    if group[0].dtype in (torch.float16, torch.bfloat16):
        return [values.float() for values in group]
    return group
