"""What maps a backbone gives out, seen by running it once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

from mmssl.downstream.errors import HandOffError
from mmssl.probes.fast_probe import quiet
from mmssl.utils.random_state import kept_cpu_generators
from mmssl.utils.sync_bn import without_sync_bn

_SIDE = 256  # px; every usual stride divides it
_TRAINED = 0.01  # share of a frozen backbone's numbers


class Maps(NamedTuple):
    """The outputs of a backbone, finest first.

    Attributes:
        channels: Of each map.
        strides: Pixels of the image for one cell.
        frozen: Whether the config trains (almost) none of the backbone, as
            linear protocols do.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    frozen: bool = False

    def __str__(self) -> str:
        shown = ', '.join(
            f'{c} channels at stride {s}'
            for c, s in zip(self.channels, self.strides)
        )
        many = len(self.channels)
        return f'{many} map{"s" * (many != 1)} ({shown})'


def maps_of(backbone: Mapping[str, Any], scope: str) -> Maps:
    """Build a backbone in a host, run it once, and look at its outputs.

    Args:
        backbone: Its config; weights are not loaded.
        scope: The host, whose modules are registered.

    Returns:
        Channels and strides. Random generators are left as they were.

    Raises:
        HandOffError: It cannot be built or run, or gives out no maps.
    """
    plain = {k: v for k, v in backbone.items() if k != 'init_cfg'}
    height, width = _size(plain)
    try:
        inside = DefaultScope.overwrite_default_scope(scope)
        with inside, kept_cpu_generators(), quiet():
            network = MODELS.build(without_sync_bn(copy.deepcopy(plain)))
            network.eval()  # returns nothing in some hosts
            with torch.no_grad():
                outputs = network(torch.zeros(1, 3, height, width))
    except Exception as error:
        raise HandOffError(
            'misfit',
            f'{scope} cannot build or run the backbone {backbone["type"]}: '
            f'{error}',
        ) from error
    outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    if not all(isinstance(o, Tensor) and o.dim() == 4 for o in outputs):
        raise HandOffError(
            'misfit',
            f'the backbone {backbone["type"]} gives out vectors or tokens, '
            "and downstream tasks want maps (of a ViT: out_type='featmap')",
        )
    return Maps(
        tuple(o.shape[1] for o in outputs),
        tuple(round(height / o.shape[2]) for o in outputs),
        _is_frozen(network),
    )


def _is_frozen(network: nn.Module) -> bool:
    """Whether at most a norm of the output is trained."""
    network.train()  # where some hosts freeze
    sizes = [(p.numel(), p.requires_grad) for p in network.parameters()]
    trained = sum(size for size, needed in sizes if needed)
    return trained < _TRAINED * sum(size for size, _ in sizes)


def _size(backbone: Mapping[str, Any]) -> tuple[int, int]:
    """Return the image that goes through."""
    size = backbone.get('img_size', _SIDE)
    if 'Swin' in str(backbone.get('type')):
        size = _SIDE
    return (size, size) if isinstance(size, int) else (size[0], size[1])
