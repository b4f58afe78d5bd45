"""Mixed precision in bfloat16, on the CPU too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine.optimizers.parameter_clip import ParameterClipping
from mmssl.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class Bf16OptimWrapper(ParameterClipping, OptimWrapper):
    """Run the forward pass under bfloat16 autocast.

    bfloat16 has the range of float32, so there is no loss to scale; weights,
    gradients and the optimizer stay in float32. mmengine's AmpOptimWrapper
    refuses to work without a GPU.

    Args:
        *args: As for mmengine's ``OptimWrapper``.
        **kwargs: The same; ``clip_grad`` may be of type 'parameter' too, see
            :class:`~mmssl.engine.optimizers.parameter_clip.ParameterClipping`.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast, beside gradient accumulation's own context."""
        device = get_device().split(':')[0]
        with super().optim_context(model):
            with torch.autocast(device, dtype=torch.bfloat16):
                yield
