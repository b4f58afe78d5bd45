"""What stands between backbone and head."""

from mmssl.models.necks.conv_projection import ConvProjection
from mmssl.models.necks.dino_neck import DINONeck
from mmssl.models.necks.motion_encoder import MotionEncoder
from mmssl.models.necks.nonlinear_neck import NonLinearNeck
from mmssl.models.necks.plain_motion_decoder import PlainMotionDecoder
from mmssl.models.necks.skip_motion_decoder import SkipMotionDecoder

__all__ = [
    'DINONeck',
    'NonLinearNeck',
    'ConvProjection',
    'MotionEncoder',
    'PlainMotionDecoder',
    'SkipMotionDecoder',
]
