"""Backbones that mmpretrain does not have."""

from mmssl.models.backbones.alexnet_bn import AlexNetBN
from mmssl.models.backbones.semantic_resnet import SemanticResNet
from mmssl.models.backbones.semantic_swin import SemanticSwinTransformer
from mmssl.models.backbones.semantic_vit import SemanticVisionTransformer
from mmssl.models.backbones.stem_resnet import StemResNet

__all__ = [
    'AlexNetBN',
    'SemanticResNet',
    'SemanticSwinTransformer',
    'SemanticVisionTransformer',
    'StemResNet',
]
