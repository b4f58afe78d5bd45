"""Models and their parts; importing this registers them."""

from mmssl.models.algorithms import CMP, BaseAlgorithm
from mmssl.models.backbones import AlexNetBN, StemResNet
from mmssl.models.data_preprocessors import FlowDataPreprocessor
from mmssl.models.heads import FlowBinHead, FlowRegressionHead
from mmssl.models.losses import FlowBinLoss, FlowL2Loss, FlowSmoothL1Loss
from mmssl.models.necks import (
    ConvProjection,
    MotionEncoder,
    PlainMotionDecoder,
    SkipMotionDecoder,
)
from mmssl.models.pretrained_init import PretrainedInit
from mmssl.models.regions import FPNRegions, GlobalRegions, RoIRegions

__all__ = [
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
    'MotionEncoder',
    'PlainMotionDecoder',
    'PretrainedInit',
    'RoIRegions',
    'SkipMotionDecoder',
    'StemResNet',
]
