"""Transforms of images, flow and guidance."""

from mmssl.datasets.transforms.box_pairs import SampleBoxPairs
from mmssl.datasets.transforms.color_jitter import ColorJitterView
from mmssl.datasets.transforms.flow_augs import (
    FlipImageFlow,
    ReverseFlow,
    RotateFlow,
    ScaleFlow,
)
from mmssl.datasets.transforms.gaussian_blur import GaussianBlurView
from mmssl.datasets.transforms.grayscale import GrayscaleView
from mmssl.datasets.transforms.guidance import SampleGuidance
from mmssl.datasets.transforms.image_flow import (
    CropImageFlow,
    ResizeCropImageFlow,
    ResizeImageFlow,
)
from mmssl.datasets.transforms.loading import LoadFlow, LoadImageRGB
from mmssl.datasets.transforms.multi_view import MultiViewGeometry
from mmssl.datasets.transforms.pack_keypoints import PackKeypoints
from mmssl.datasets.transforms.pack_masks import PackMasks
from mmssl.datasets.transforms.pack_regions import PackRegions
from mmssl.datasets.transforms.pack_views import PackViews
from mmssl.datasets.transforms.packing import PackFlowInputs
from mmssl.datasets.transforms.person_crop import CropPerson
from mmssl.datasets.transforms.pillow_blur import PillowBlurView
from mmssl.datasets.transforms.region_flip import FlipRegions
from mmssl.datasets.transforms.region_resize import ResizeRegions
from mmssl.datasets.transforms.resize_blur import ResizeBlurView
from mmssl.datasets.transforms.seg_map import MaskToSegMap
from mmssl.datasets.transforms.solarize import SolarizeView
from mmssl.datasets.transforms.view_crop import CropView, RandomResizedCropView
from mmssl.datasets.transforms.view_flip import FlipView
from mmssl.datasets.transforms.view_pad import PadView
from mmssl.datasets.transforms.view_resize import ResizeAspectView, ResizeView

__all__ = [
    'ColorJitterView',
    'CropImageFlow',
    'CropPerson',
    'CropView',
    'FlipImageFlow',
    'FlipRegions',
    'FlipView',
    'GaussianBlurView',
    'GrayscaleView',
    'LoadFlow',
    'LoadImageRGB',
    'MaskToSegMap',
    'MultiViewGeometry',
    'PackFlowInputs',
    'PackKeypoints',
    'PackMasks',
    'PackRegions',
    'PackViews',
    'PadView',
    'PillowBlurView',
    'RandomResizedCropView',
    'ResizeAspectView',
    'ResizeBlurView',
    'ResizeCropImageFlow',
    'ResizeImageFlow',
    'ResizeRegions',
    'ResizeView',
    'ReverseFlow',
    'RotateFlow',
    'SampleBoxPairs',
    'SampleGuidance',
    'ScaleFlow',
    'SolarizeView',
]
