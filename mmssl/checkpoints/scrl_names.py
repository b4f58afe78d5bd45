"""Names in published SCRL and BYOL checkpoints, and ours.

The encoder is torchvision's ResNet without its classifier, as a Sequential of
its children: 0 ``conv1``, 1 ``bn1``, 4 to 7 ``layer1`` to ``layer4``. Heads
are "linear-norm-ReLU" n times and a linear layer.
"""

from __future__ import annotations

import re

from mmssl.checkpoints.conversion import without_wrapper

# Published network -> where its parts go here.
_ROOTS: dict[str, dict[str, str]] = {
    'online_network': {'encoder': 'backbone.', 'projector': 'neck.'},
    'target_network': {
        'encoder': 'teacher.backbone.',
        'projector': 'teacher.neck.',
    },
    'predictor': {'net': 'head.predictor.'},
    'evaluator': {'linear': 'online_probe.linear.'},
}
NETWORKS = tuple(_ROOTS)
_ENCODER = (
    r'(?:(?P<stem>[01])|(?P<layer>[4-7])\.(?P<block>\d+\.'
    r'(?:conv[123]|bn[123]|downsample\.[01])))\.(?P<tensor>\w+)'
)


def rename_key(key: str, network: str) -> str | None:
    """Return our name of a published key, None if it has none.

    Args:
        key: with or without ``'module.'``.
        network: the published network, one of :data:`NETWORKS`.

    Example:
        >>> rename_key('encoder.4.0.downsample.1.bias', 'target_network')
        'teacher.backbone.layer1.0.downsample.1.bias'
        >>> rename_key('net.3.weight', 'predictor')
        'head.predictor.fc1.weight'
    """
    part, _, rest = without_wrapper(key).partition('.')
    root = _ROOTS[network].get(part)
    if root is None:
        return None
    if part == 'encoder':
        new = _rename_encoder(rest)
    elif part == 'linear':
        new = rest if rest in ('weight', 'bias') else None
    elif part == 'projector':
        new = _rename_head(rest[4:]) if rest.startswith('net.') else None
    else:
        new = _rename_head(rest)
    return None if new is None else root + new


def _rename_encoder(key: str) -> str | None:
    """Give the children of torchvision's ResNet their names again."""
    match = re.fullmatch(_ENCODER, key)
    if match is None:
        return None
    if match['stem']:
        return f'{("conv1", "bn1")[int(match["stem"])]}.{match["tensor"]}'
    layer = f'layer{int(match["layer"]) - 3}'
    return f'{layer}.{match["block"]}.{match["tensor"]}'


def _rename_head(key: str) -> str | None:
    """Rename 'place.tensor' of "linear-norm-relu"xn-linear."""
    match = re.fullmatch(r'(\d+)\.(\w+)', key)
    if match is None:
        return None
    layer, member = divmod(int(match[1]), 3)
    if member == 2:  # a ReLU has no tensors
        return None
    return f'{("fc", "bn")[member]}{layer}.{match[2]}'
