"""What mmpose's configs of SOLIDER's pose need."""

from mmssl.downstream.pose.clipped_bbox_transform import ClippedBBoxTransform

__all__ = ['ClippedBBoxTransform']
