"""Optimisers, and which parameter is treated how."""

from mmssl.engine.optimizers.clipping_wrappers import (
    ClippingAmpOptimWrapper,
    ClippingOptimWrapper,
)
from mmssl.engine.optimizers.role_constructor import (
    RoleOptimWrapperConstructor,
)
from mmssl.engine.optimizers.scrl_lars import ScrlLARS

__all__ = [
    'ClippingAmpOptimWrapper',
    'ClippingOptimWrapper',
    'RoleOptimWrapperConstructor',
    'ScrlLARS',
]
