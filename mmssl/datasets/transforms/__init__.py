"""Transforms of images, flow and guidance."""

from mmssl.datasets.transforms.flow_augs import (
    FlipImageFlow,
    ReverseFlow,
    RotateFlow,
    ScaleFlow,
)
from mmssl.datasets.transforms.guidance import SampleGuidance
from mmssl.datasets.transforms.image_flow import (
    CropImageFlow,
    ResizeCropImageFlow,
    ResizeImageFlow,
)
from mmssl.datasets.transforms.loading import LoadFlow, LoadImageRGB
from mmssl.datasets.transforms.packing import PackFlowInputs

__all__ = [
    'CropImageFlow',
    'FlipImageFlow',
    'LoadFlow',
    'LoadImageRGB',
    'PackFlowInputs',
    'ResizeCropImageFlow',
    'ResizeImageFlow',
    'ReverseFlow',
    'RotateFlow',
    'SampleGuidance',
    'ScaleFlow',
]
