"""Transforms of images, flow and guidance."""

from mmssl.datasets.transforms.box_pairs import SampleBoxPairs
from mmssl.datasets.transforms.color_jitter import ColorJitter
from mmssl.datasets.transforms.flow_augs import (
    FlipImageFlow,
    ReverseFlow,
    RotateFlow,
    ScaleFlow,
)
from mmssl.datasets.transforms.gaussian_blur import GaussianBlur
from mmssl.datasets.transforms.grayscale import Grayscale
from mmssl.datasets.transforms.guidance import SampleGuidance
from mmssl.datasets.transforms.image_flow import (
    CropImageFlow,
    ResizeCropImageFlow,
    ResizeImageFlow,
)
from mmssl.datasets.transforms.loading import LoadFlow, LoadImageRGB
from mmssl.datasets.transforms.multi_view import MultiViewGeometry
from mmssl.datasets.transforms.pack_regions import PackRegions
from mmssl.datasets.transforms.pack_views import PackViews
from mmssl.datasets.transforms.packing import PackFlowInputs
from mmssl.datasets.transforms.region_flip import FlipRegions
from mmssl.datasets.transforms.region_resize import ResizeRegions
from mmssl.datasets.transforms.resize_blur import ResizeBlur
from mmssl.datasets.transforms.solarize import Solarize
from mmssl.datasets.transforms.view_crop import CropView, RandomResizedCropView
from mmssl.datasets.transforms.view_flip import FlipView
from mmssl.datasets.transforms.view_pad import PadView
from mmssl.datasets.transforms.view_resize import ResizeAspectView, ResizeView

__all__ = [
    'ColorJitter',
    'CropImageFlow',
    'CropView',
    'FlipImageFlow',
    'FlipRegions',
    'FlipView',
    'GaussianBlur',
    'Grayscale',
    'LoadFlow',
    'LoadImageRGB',
    'MultiViewGeometry',
    'PackFlowInputs',
    'PackRegions',
    'PackViews',
    'PadView',
    'RandomResizedCropView',
    'ResizeAspectView',
    'ResizeBlur',
    'ResizeCropImageFlow',
    'ResizeImageFlow',
    'ResizeRegions',
    'ResizeView',
    'ReverseFlow',
    'RotateFlow',
    'SampleBoxPairs',
    'SampleGuidance',
    'ScaleFlow',
    'Solarize',
]
