"""Keypoint R-CNN for mmdet: ``custom_imports`` of a config names this.

custom_imports = dict(imports=['mmssl.downstream.detection'])
"""

from mmssl.downstream.detection.coco_keypoints import KeypointCocoDataset
from mmssl.downstream.detection.keypoint_head import KeypointHead
from mmssl.downstream.detection.keypoint_metric import KeypointMetric
from mmssl.downstream.detection.keypoint_roi_head import KeypointRoIHead
from mmssl.downstream.detection.load_keypoints import LoadKeypoints
from mmssl.downstream.detection.map_keypoints import MapKeypoints
from mmssl.downstream.detection.pack_det_keypoints import PackDetKeypoints

__all__ = [
    'KeypointCocoDataset',
    'KeypointHead',
    'KeypointMetric',
    'KeypointRoIHead',
    'LoadKeypoints',
    'MapKeypoints',
    'PackDetKeypoints',
]
