"""Backbones that mmpretrain does not have."""

from mmssl.models.backbones.alexnet_bn import AlexNetBN
from mmssl.models.backbones.stem_resnet import StemResNet

__all__ = ['AlexNetBN', 'StemResNet']
