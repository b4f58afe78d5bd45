"""mmengine's optimiser wrappers that can also clip by parameter.

In scope ``mmssl``, 'OptimWrapper' and 'AmpOptimWrapper' are these; so is what
``--precision`` sets. All else is mmengine's.
"""

from __future__ import annotations

from mmengine.optim import AmpOptimWrapper, OptimWrapper

from mmssl.engine.optimizers.parameter_clip import ParameterClipping
from mmssl.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module(name='OptimWrapper')
class ClippingOptimWrapper(ParameterClipping, OptimWrapper):
    """mmengine's ``OptimWrapper`` with one more kind of ``clip_grad``.

    See :class:`~mmssl.engine.optimizers.parameter_clip.ParameterClipping`.

    Example:
        >>> import torch
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> wrapper = ClippingOptimWrapper(
        ...     optimizer=torch.optim.SGD([weight], lr=1.0),
        ...     clip_grad=dict(type='parameter', max_norm=1.0),
        ... )
        >>> wrapper.update_params((torch.tensor([-3.0, -4.0]) * weight).sum())
        >>> weight.detach()
        tensor([0.6000, 0.8000])
    """


@OPTIM_WRAPPERS.register_module(name='AmpOptimWrapper')
class ClippingAmpOptimWrapper(ParameterClipping, AmpOptimWrapper):
    """mmengine's ``AmpOptimWrapper`` with one more kind of ``clip_grad``.

    See :class:`~mmssl.engine.optimizers.parameter_clip.ParameterClipping`.
    """
