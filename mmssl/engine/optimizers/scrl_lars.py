"""LARS with the learning rate outside the momentum buffer, as SCRL trains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

import torch
from torch import Tensor
from torch.optim import Optimizer

from mmssl.registry import OPTIMIZERS

_NUMBERS = ('lr', 'momentum', 'weight_decay', 'trust_coef', 'eps')
_SETTINGS = (*_NUMBERS, 'nesterov', 'lars_exclude', 'lr_twice')


def trust_ratios(
    params: list[Tensor],
    grads: list[Tensor],
    weight_decay: float = 0.0,
    trust_coef: float = 0.001,
    eps: float = 1e-8,
) -> Tensor:
    """Return the rate of each parameter relative to the learning rate.

    ``c |p| / (|g| + wd |p| + eps)`` with trust coefficient c; 1 where ``|p|``
    or ``|g|`` is 0. Nothing leaves the device.

    Args:
        params: n tensors of any shapes, on one device.
        grads: Their gradients.
        weight_decay: wd.
        trust_coef: c.
        eps: Keeps the fraction finite.

    Returns:
        (n,) float32, or float64 for parameters of that type.

    Source: You et al., arXiv:1708.03888, as in torchlars 0.1.2.
    Deviates: norms of half-precision tensors are taken in float32.

    Example:
        >>> p, g = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 2.0])
        >>> trust_ratios([p, p], [g, 0 * g], trust_coef=0.1)
        tensor([0.2500, 1.0000])
    """
    p_norm, g_norm = _norms(params), _norms(grads)
    ratio = trust_coef * p_norm / (g_norm + weight_decay * p_norm + eps)
    both = (p_norm > 0) & (g_norm > 0)
    return torch.where(both, ratio, torch.ones_like(ratio))


def lars_step(
    params: list[Tensor],
    grads: list[Tensor],
    buffers: list[Tensor],
    *,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    trust_coef: float = 0.001,
    eps: float = 1e-8,
    lars_exclude: bool = False,
    lr_twice: bool = False,
) -> None:
    """Update parameters and momentum buffers in place.

    With ``r`` of :func:`trust_ratios` (1 if excluded)::

        u   = r (g + wd p)          (lr g if excluded with ``lr_twice``)
        buf = momentum buf + u
        p   = p - lr buf            (u + momentum buf if ``nesterov``)

    Args:
        params: n tensors on one device and of one dtype.
        grads: Their gradients; they are not changed.
        buffers: Momentum buffers, 0 before the first step; empty for
            ``momentum=0``.
        lr: Learning rate.
        momentum: Share of the old buffer.
        weight_decay: wd.
        nesterov: Look ahead by one step of the buffer.
        trust_coef: Of the trust ratio.
        eps: Of the trust ratio.
        lars_exclude: No trust ratio: a plain step of SGD.
        lr_twice: With ``lars_exclude``, multiply gradients by the learning
            rate before they enter the buffer, as the published code does.
    """
    if not params:
        return
    updates = list(torch._foreach_add(grads, params, alpha=weight_decay))
    if not lars_exclude:
        ratios = trust_ratios(params, grads, weight_decay, trust_coef, eps)
        torch._foreach_mul_(updates, ratios.to(params[0].dtype).unbind())
    elif lr_twice:
        torch._foreach_mul_(updates, lr)
    if momentum:
        torch._foreach_mul_(buffers, momentum)
        torch._foreach_add_(buffers, updates)
        if nesterov:
            torch._foreach_add_(updates, buffers, alpha=momentum)
        else:
            updates = buffers
    torch._foreach_add_(params, updates, alpha=-lr)


@OPTIMIZERS.register_module()
class ScrlLARS(Optimizer):
    """SGD with momentum and layer-wise rates: :func:`lars_step`.

    A parameter group may have its own value of every argument, and of:

    * ``lars_exclude`` (False): plain SGD, for norms and biases. The key is
      that of mmpretrain's LARS, so one list of groups suits both.
    * ``lr_twice`` (False): the published code's step of excluded groups,
      which the learning rate enters twice.

    Args:
        params: Parameters or groups.
        lr: Learning rate.
        momentum: Share of the old buffer.
        weight_decay: Weight decay; it counts in the trust ratio.
        nesterov: Nesterov's momentum.
        trust_coef: Trust coefficient.
        eps: Added to the denominator of the trust ratio.

    Raises:
        ValueError: A number below 0, or Nesterov without momentum.

    Source: You et al., arXiv:1708.03888; torchlars 0.1.2 around torch's SGD,
    as SCRL trains (``optim/optim.py``).
    Deviates: gradients are left as they are. mmpretrain's LARS keeps
    ``lr * update`` in its buffer, so a change of the learning rate acts
    later there; the two agree while it is constant.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
        >>> p.grad = torch.tensor([0.0, 2.0])
        >>> ScrlLARS([p], lr=10.0).step()
        >>> p.detach()  # 10 * 0.001 * 5 / 2 = 0.025 times the gradient
        tensor([3.0000, 3.9500])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        trust_coef: float = 0.001,
        eps: float = 1e-8,
    ) -> None:
        defaults = dict(
            lr=lr,
            momentum=momentum,
            weight_decay=weight_decay,
            nesterov=nesterov,
            trust_coef=trust_coef,
            eps=eps,
            lars_exclude=False,
            lr_twice=False,
        )
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; its numbers are checked.

        Args:
            param_group: ``params`` and what differs from the defaults.

        Raises:
            ValueError: A number below 0, or a combination without meaning.
        """
        _check({**self.defaults, **param_group})
        super().add_param_group(param_group)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step; parameters without gradient stay.

        Args:
            closure: Computes the loss anew and returns it.

        Returns:
            What ``closure`` returned, or None.

        Raises:
            RuntimeError: A gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            settings = {key: group[key] for key in _SETTINGS}
            for params in _alike(group['params']):
                buffers = self._buffers(params) if group['momentum'] else []
                grads = [p.grad for p in params if p.grad is not None]
                lars_step(params, grads, buffers, **settings)
        return loss

    def _buffers(self, params: list[Tensor]) -> list[Tensor]:
        """Return the momentum buffers, new ones where there are none."""
        for p in params:
            if 'momentum_buffer' not in self.state[p]:
                buffer = torch.zeros_like(
                    p, memory_format=torch.preserve_format
                )
                self.state[p]['momentum_buffer'] = buffer
        return [self.state[p]['momentum_buffer'] for p in params]


def _norms(tensors: list[Tensor]) -> Tensor:
    """Return (n,) Euclidean norms in float32 or wider."""
    if tensors[0].dtype in (torch.float16, torch.bfloat16):
        tensors = [tensor.float() for tensor in tensors]
    return torch.stack(torch._foreach_norm(tensors))


def _alike(params: Iterable[Tensor]) -> list[list[Tensor]]:
    """Return those with gradients, one list for each device and dtype."""
    lists: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for p in params:
        if p.grad is None:
            continue
        if p.grad.is_sparse:
            raise RuntimeError(
                'ScrlLARS needs dense gradients, got a sparse one of shape '
                f'{tuple(p.shape)}: build the embedding with sparse=False'
            )
        lists.setdefault((p.device, p.dtype), []).append(p)
    return list(lists.values())


def _check(group: dict[str, Any]) -> None:
    """Raise ValueError for settings that make no sense."""
    for key in _NUMBERS:
        if not group[key] >= 0:
            raise ValueError(f'{key} must be at least 0, got {group[key]}')
    if group['nesterov'] and not group['momentum']:
        raise ValueError('nesterov needs a momentum above 0, got 0')
    if group['lr_twice'] and not group['lars_exclude']:
        raise ValueError(
            'lr_twice belongs to groups without a trust ratio: set '
            'lars_exclude=True as well'
        )
