"""Datasets, samplers and transforms."""

from mmssl.datasets.coco_regions import CocoRegions
from mmssl.datasets.draw_seeding import SeededDataset
from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.datasets.identities import Identities
from mmssl.datasets.image_folder import ImageFolder
from mmssl.datasets.image_masks import ImageMasks
from mmssl.datasets.pa100k import PA100K
from mmssl.datasets.person_keypoints import PersonKeypoints
from mmssl.datasets.samplers import Draw, DrawSampler, GivenIterationSampler
from mmssl.datasets.transforms import *  # noqa: F403
from mmssl.datasets.video_pairs import VideoPairDataset

__all__ = [
    'CocoRegions',
    'Draw',
    'DrawSampler',
    'FlowPairDataset',
    'GivenIterationSampler',
    'Identities',
    'ImageFolder',
    'ImageMasks',
    'PA100K',
    'PersonKeypoints',
    'SeededDataset',
    'VideoPairDataset',
]
