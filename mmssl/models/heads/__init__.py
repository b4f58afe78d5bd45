"""Heads."""

from mmssl.models.heads.dino_head import DINOHead
from mmssl.models.heads.flow_bin_head import FlowBinHead
from mmssl.models.heads.flow_regression_head import FlowRegressionHead
from mmssl.models.heads.pair_predict_head import PairPredictHead
from mmssl.models.heads.roi_contrast_head import RoIContrastHead
from mmssl.models.heads.semantic_head import SemanticHead

__all__ = [
    'DINOHead',
    'PairPredictHead',
    'FlowBinHead',
    'FlowRegressionHead',
    'RoIContrastHead',
    'SemanticHead',
]
