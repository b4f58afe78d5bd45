"""What runs around the model: hooks and the launch of training."""

from mmssl.engine import hooks
from mmssl.engine.bf16_optim_wrapper import Bf16OptimWrapper
from mmssl.engine.loops import ExactEpochLoop, ExactIterLoop
from mmssl.engine.optimizers import (
    ClippingAmpOptimWrapper,
    ClippingOptimWrapper,
    RoleOptimWrapperConstructor,
    ScrlLARS,
)
from mmssl.engine.runner import ExactRunner
from mmssl.engine.step_cosine import StepCosineLR, StepCosineWeightDecay
from mmssl.engine.warmup_cosine_lr import WarmupCosineLR

__all__ = [
    'Bf16OptimWrapper',
    'ClippingAmpOptimWrapper',
    'ClippingOptimWrapper',
    'ExactEpochLoop',
    'ExactIterLoop',
    'ExactRunner',
    'RoleOptimWrapperConstructor',
    'ScrlLARS',
    'StepCosineLR',
    'StepCosineWeightDecay',
    'WarmupCosineLR',
    'hooks',
]
