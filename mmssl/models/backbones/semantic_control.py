"""The controller that makes a staged backbone depend on lambda."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmssl.utils.semantic_weight import check_semantic_weight

_INIT_STD = 0.02


class SemanticControl:
    """What all semantic backbones share: lambda, its checks, its layers.

    After stage i, before stage i + 1, every channel is scaled and shifted by
    numbers that depend on lambda alone::

        v = (lambda, 1 - lambda)
        x <- x * softplus(W_w v + b_w) + (W_b v + b_b)

    At the start the scale is about ln 2 = 0.69, not 1. What a backbone gives
    out of stage i is the map *before* the scaling, so the first map does not
    depend on lambda, and the last stage's layers (which are there because
    published files have them) act on nothing: they are frozen.

    A mixin, named before the host's backbone, whose parameters it adds:
    ``semantic_embed_w.{i}.{weight,bias}``, ``semantic_embed_b.{i}...``.

    Source: Chen et al. 2023 (SOLIDER), arXiv:2303.17602, sec. 3.3; published
        ``swin_transformer.py``.
    Deviates: scale and shift are computed in float32 under autocast too, and
        cast to the map's dtype. The dead layers of the last stage are frozen;
        there they are trainable and never get a gradient.
    """

    semantic_weight: float
    accepts_semantic_weight: bool = False  # of a network: as it was built
    semantic_embed_w: nn.ModuleList
    semantic_embed_b: nn.ModuleList

    def _add_semantic_control(
        self, semantic_weight: float, channels: Sequence[int]
    ) -> None:
        """Add the layers; called once, at the end of the constructor.

        Args:
            semantic_weight: Default lambda; below 0: no layers.
            channels: Of the map behind each stage, where the scaling is.

        Raises:
            ValueError: Lambda is above 1, or no number.
        """
        plain = _is_number(semantic_weight) and float(semantic_weight) < 0
        self.accepts_semantic_weight = not plain
        if not self.accepts_semantic_weight:
            self.semantic_weight = -1.0
            return
        self.semantic_weight = check_semantic_weight(semantic_weight)
        self.semantic_embed_w = _embeddings(channels)
        self.semantic_embed_b = _embeddings(channels)

    def _lambda_of(
        self, x: Tensor, semantic_weight: float | Tensor | None
    ) -> Tensor | None:
        """Return the lambdas of a batch, or None in a plain network.

        Args:
            x: The batch, (N, ...).
            semantic_weight: One number, one for each sample (N,), or None
                for the default.

        Returns:
            (N,) or (1,), float32, on the batch's device.

        Raises:
            ValueError: Out of range (a tensor on an accelerator is not
                looked at: that would wait for it), another shape, or the
                network was built without the layers.
        """
        if not self.accepts_semantic_weight:
            if semantic_weight is not None:
                raise ValueError(
                    f'{type(self).__name__} was built with semantic_weight '
                    '< 0, as a plain network; build it with a value in '
                    '[0, 1] to give one to forward'
                )
            return None
        if semantic_weight is None:
            semantic_weight = self.semantic_weight
        if isinstance(semantic_weight, Tensor):
            return _checked_batch(semantic_weight, x)
        value = check_semantic_weight(semantic_weight)
        return torch.full((1,), value, dtype=torch.float32, device=x.device)

    def _controlled(
        self, x: Tensor, stage: int, weights: Tensor | None, dim: int
    ) -> Tensor:
        """Scale and shift what goes into stage ``stage + 1``.

        Args:
            x: (N, C, h, w) or (N, L, C).
            stage: Index of the stage that gave x.
            weights: From :meth:`_lambda_of`; None leaves x alone.
            dim: Where the channels are.
        """
        if weights is None:
            return x
        scale = F.softplus(_linear(self.semantic_embed_w[stage], weights))
        shift = _linear(self.semantic_embed_b[stage], weights)
        shape = [len(weights)] + [1] * (x.dim() - 1)
        shape[dim] = -1
        scale, shift = (p.to(x.dtype).view(shape) for p in (scale, shift))
        return torch.addcmul(shift, x, scale)

    def train(self, mode: bool = True) -> Any:
        """Set the mode and return the module, as torch does (hosts do not).

        Args:
            mode: Training or evaluation.
        """
        super().train(mode)  # type: ignore[misc]
        return self


def scale_and_shift(
    weight: Tensor, bias: Tensor, semantic_weight: float
) -> Tensor:
    """Return an embedding's output for one lambda, W v + b.

    Args:
        weight: (C, 2), for lambda and for 1 - lambda.
        bias: (C,).
        semantic_weight: Lambda in [0, 1].

    Returns:
        (C,), in the weights' dtype: the shift, or, after softplus, the scale.

    Example:
        >>> w = torch.tensor([[1.0, 3.0]])
        >>> scale_and_shift(w, torch.zeros(1), 0.25)
        tensor([2.5000])
    """
    return weight[:, 0] * semantic_weight + (
        weight[:, 1] * (1 - semantic_weight) + bias
    )


def _linear(layer: nn.Module, weights: Tensor) -> Tensor:
    """Apply a layer to (lambda, 1 - lambda) of each sample: (N, C).

    Element by element, so that autocast leaves it in the parameters' dtype.
    """
    weight: Any = layer.weight
    value = weights.to(weight.dtype)[:, None]
    return value * weight[:, 0] + ((1 - value) * weight[:, 1] + layer.bias)


def _embeddings(channels: Sequence[int]) -> nn.ModuleList:
    """Make one layer for each stage, the last one frozen."""
    layers = nn.ModuleList()
    for width in channels:
        layer = nn.Linear(2, width)
        nn.init.trunc_normal_(layer.weight, std=_INIT_STD)
        nn.init.zeros_(layer.bias)
        layers.append(layer)
    layers[-1].requires_grad_(False)
    return layers


def _checked_batch(semantic_weight: Tensor, x: Tensor) -> Tensor:
    """Return the lambdas of each sample, on the batch's device."""
    shape = tuple(semantic_weight.shape)
    if shape not in ((), (1,), (len(x),)):
        raise ValueError(
            'semantic_weight must be one number or one for each of the '
            f'{len(x)} samples, got a tensor of shape {shape}'
        )
    values = semantic_weight.detach().reshape(-1)
    if values.device.type == 'cpu' and not _compiling():
        wrong = values[~((values >= 0) & (values <= 1))]
        if len(wrong):
            check_semantic_weight(float(wrong[0]))
    return values.to(x.device, torch.float32, non_blocking=True)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _compiling() -> bool:
    """Whether torch.compile is tracing; torch 2.1 cannot tell."""
    return bool(getattr(torch.compiler, 'is_compiling', bool)())
