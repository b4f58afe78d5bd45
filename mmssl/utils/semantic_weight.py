"""Lambda, the number that tells a semantic backbone what to look for.

0 asks for appearance (who is it?), 1 for meaning (which part of a person?).
Nothing here knows a model's class: a backbone that takes part says so by
``accepts_semantic_weight`` and keeps its default in ``semantic_weight``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


def check_semantic_weight(value: Any) -> float:
    """Return a lambda as a number, refused outside [0, 1].

    Args:
        value: A number.

    Raises:
        ValueError: It is not in [0, 1], or not a number at all.

    Example:
        >>> check_semantic_weight(1)
        1.0
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float('nan')
    if not 0 <= number <= 1:
        raise ValueError(
            'semantic_weight (lambda) must be a number in [0, 1]: 0 for '
            f'appearance, 1 for semantics; got {value!r}'
        )
    return number


def semantic_backbones(model: nn.Module) -> list[nn.Module]:
    """Return the modules of a model that take a lambda, outermost first.

    Args:
        model: A backbone itself, or anything above one (DDP, compiled).
    """
    return [
        module
        for module in model.modules()
        if getattr(module, 'accepts_semantic_weight', False) is True
    ]


@contextmanager
def semantic_weight_of(
    model: nn.Module, value: float | None
) -> Iterator[nn.Module]:
    """Give every semantic backbone of a model another default lambda.

    The former defaults come back at the end, after an error too. A forward
    pass that names its own lambda is not touched.

    Args:
        model: A backbone, or anything above one.
        value: Lambda in [0, 1]; None leaves everything as it is.

    Yields:
        The model.

    Raises:
        ValueError: The value is out of range, or no module of the model
            takes a lambda.

    Example:
        >>> from mmssl.models.backbones import SemanticResNet
        >>> net = SemanticResNet(18)
        >>> with semantic_weight_of(net, 0.5):
        ...     print(net.semantic_weight)
        0.5
        >>> net.semantic_weight
        0.0
    """
    if value is None:
        yield model
        return
    number = check_semantic_weight(value)
    backbones = semantic_backbones(model)
    if not backbones:
        raise ValueError(
            f'semantic_weight={number:g} was asked of a model without a '
            'semantic backbone; build it with SemanticSwinTransformer, '
            'SemanticVisionTransformer or SemanticResNet and '
            'semantic_weight >= 0, or ask for no semantic_weight'
        )
    former: list[Any] = [net.semantic_weight for net in backbones]
    try:
        for net in backbones:
            net.semantic_weight = number  # type: ignore[assignment]
        yield model
    finally:
        for net, kept in zip(backbones, former):
            net.semantic_weight = kept
