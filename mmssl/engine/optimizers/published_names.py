"""What SCRL's published code calls the parameters of a ResNet.

It tells norms and biases from weights by these names, and misses some.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# The encoder is a Sequential of a ResNet's children, the projector and the
# predictor are Sequentials of Linear, BN, ReLU, Linear.
_RENAMED = {
    r'^backbone\.conv1\.': 'encoder.0.',
    r'^backbone\.bn1\.': 'encoder.1.',
    **{rf'^backbone\.layer{i}\.': f'encoder.{i + 3}.' for i in (1, 2, 3, 4)},
    r'^neck\.fc0\.': 'projector.net.0.',
    r'^neck\.bn0\.': 'projector.net.1.',
    r'^neck\.fc1\.': 'projector.net.3.',
    r'^head\.predictor\.fc0\.': 'predictor.net.0.',
    r'^head\.predictor\.bn0\.': 'predictor.net.1.',
    r'^head\.predictor\.fc1\.': 'predictor.net.3.',
    r'^online_probe\.(?:.+\.)?': 'evaluator.linear.',
}


def published_name(name: str) -> str | None:
    """Return the published name of a parameter; None if it has none.

    Args:
        name: In a model of mmssl with an mmpretrain ResNet, whose projector
            and predictor have two layers.

    Example:
        >>> published_name('backbone.layer1.0.downsample.1.weight')
        'encoder.4.0.downsample.1.weight'
        >>> published_name('neck.bn0.weight')
        'projector.net.1.weight'
    """
    for pattern, prefix in _RENAMED.items():
        match = re.match(pattern, name)
        if match:
            return prefix + name[match.end() :]
    return None


def published_names(names: Iterable[str]) -> dict[str, str]:
    """Return the published name of each parameter.

    Raises:
        ValueError: Some have none: the model is not of the published kind.
    """
    found = {name: published_name(name) for name in names}
    missing = sorted(name for name, other in found.items() if other is None)
    if missing:
        raise ValueError(
            'published_quirks=True needs the names of the published ResNet, '
            f'projector and predictor; {len(missing)} parameters have none '
            f'there, such as {", ".join(missing[:3])}: use '
            'published_quirks=False'
        )
    return {name: str(other) for name, other in found.items()}


def excluded_as_published(name: str) -> bool:
    """Whether the published code leaves out a parameter by its name.

    Args:
        name: The published name.

    Example:
        >>> excluded_as_published('encoder.4.0.bn1.weight')
        True
        >>> excluded_as_published('encoder.1.weight')  # the stem's norm
        False
    """
    return 'bn' in name or 'bias' in name
