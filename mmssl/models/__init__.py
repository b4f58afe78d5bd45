"""Models and their parts; importing this registers them."""

from mmssl.models.algorithms import (
    CMP,
    DINO,
    SCRL,
    SOLIDER,
    BaseAlgorithm,
    LinearEvaluation,
    RoILinearEvaluation,
    TeacherStudent,
)
from mmssl.models.backbones import (
    AlexNetBN,
    SemanticResNet,
    SemanticSwinTransformer,
    SemanticVisionTransformer,
    StemResNet,
)
from mmssl.models.data_preprocessors import FlowDataPreprocessor
from mmssl.models.heads import (
    DINOHead,
    FlowBinHead,
    FlowRegressionHead,
    PairPredictHead,
    RoIContrastHead,
    SemanticHead,
)
from mmssl.models.losses import (
    FlowBinLoss,
    FlowL2Loss,
    FlowSmoothL1Loss,
    NormalizedL2Loss,
    RoIContrastLoss,
)
from mmssl.models.necks import (
    ConvProjection,
    DINONeck,
    MotionEncoder,
    NonLinearNeck,
    PlainMotionDecoder,
    SkipMotionDecoder,
)
from mmssl.models.pretrained_init import PretrainedInit
from mmssl.models.regions import FPNRegions, GlobalRegions, RoIRegions
from mmssl.models.target_generators import PartLabels

__all__ = [
    'DINO',
    'DINOHead',
    'DINONeck',
    'NonLinearNeck',
    'NormalizedL2Loss',
    'PairPredictHead',
    'SCRL',
    'SOLIDER',
    'SemanticHead',
    'PartLabels',
    'TeacherStudent',
    'CMP',
    'AlexNetBN',
    'BaseAlgorithm',
    'ConvProjection',
    'FPNRegions',
    'FlowBinHead',
    'FlowBinLoss',
    'FlowDataPreprocessor',
    'FlowL2Loss',
    'FlowRegressionHead',
    'FlowSmoothL1Loss',
    'GlobalRegions',
    'LinearEvaluation',
    'MotionEncoder',
    'PlainMotionDecoder',
    'PretrainedInit',
    'RoIContrastHead',
    'RoIContrastLoss',
    'RoILinearEvaluation',
    'RoIRegions',
    'SemanticResNet',
    'SemanticSwinTransformer',
    'SemanticVisionTransformer',
    'SkipMotionDecoder',
    'StemResNet',
]
