"""Optimisers, and which parameter is treated how."""

from mmssl.engine.optimizers.role_constructor import (
    RoleOptimWrapperConstructor,
)
from mmssl.engine.optimizers.scrl_lars import ScrlLARS

__all__ = ['RoleOptimWrapperConstructor', 'ScrlLARS']
