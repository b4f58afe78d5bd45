"""Whether the switches of SOLIDER are what they can be."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from mmssl.models.utils.token_maps import last_norm

CHOICES: dict[str, tuple] = dict(
    mask_part=('batch', 'image', None),
    semantic_mean=('all', 'weighted'),
    tokens=('normed', 'raw'),
)


def check_switches(**values: Any) -> None:
    """Refuse unknown switches and weights out of range.

    Args:
        **values: Of :data:`CHOICES`, and ``alpha``, ``semantic_loss_weight``.

    Raises:
        ValueError: One is wrong.

    Example:
        >>> check_switches(tokens='normed', alpha=0.5)
    """
    for name, valid in CHOICES.items():
        if name in values and values[name] not in valid:
            raise ValueError(
                f'unknown {name} {values[name]!r}; valid: '
                f'{", ".join(map(repr, valid))}'
            )
    alpha = values.get('alpha')
    if alpha is not None and not 0 <= alpha <= 1:
        raise ValueError(
            'alpha, the weight of loss_dino, must be in [0, 1], or None for '
            f'the plain sum, got {alpha}'
        )
    if not values.get('semantic_loss_weight', 1.0) >= 0:
        raise ValueError(
            'semantic_loss_weight must be >= 0, got '
            f'{values["semantic_loss_weight"]}'
        )


def check_backbone(backbone: nn.Module, tokens: str) -> None:
    """Refuse raw tokens of what has no last norm; warn without lambda.

    Raises:
        ValueError: ``tokens`` is 'raw', and there is no norm.
    """
    if tokens == 'raw':
        last_norm(backbone)
    if not getattr(backbone, 'accepts_semantic_weight', False):
        warnings.warn(
            f'{type(backbone).__name__} takes no lambda (semantic_weight): '
            'it only weighs the semantic loss of each image, and features '
            'cannot be turned by it later. SemanticResNet, '
            'SemanticSwinTransformer and SemanticVisionTransformer take it, '
            'with semantic_weight >= 0',
            stacklevel=2,
        )


def check_classes(semantic_head: Any, num_parts: int) -> None:
    """Refuse a head that tells another number of parts than there are.

    Raises:
        ValueError: It does.
    """
    for name in ('num_classes', 'num_prototypes'):
        found = getattr(semantic_head, name, num_parts + 1)
        if found != num_parts + 1:
            raise ValueError(
                f'semantic_head.{name} must be part_labels.num_parts + 1 = '
                f'{num_parts + 1} (with the background), got {found}'
            )


def check_one_size(views: Sequence[Tensor]) -> None:
    """Refuse global views of several sizes.

    Raises:
        ValueError: They differ.
    """
    sizes = {tuple(view.shape[-2:]) for view in views}
    if len(sizes) > 1:
        found = ', '.join(f'{h}x{w}' for h, w in sorted(sizes))
        raise ValueError(
            f'global views must be of one size, as their parts are labelled '
            f'together, got {found}: give them the same size in the pipeline'
        )
