"""Choice of points and regions: pure numpy, the generator is passed in."""

from mmssl.samplers.box_options import BoxPairOptions
from mmssl.samplers.box_pairs import BoxPairs, sample_box_pairs
from mmssl.samplers.guidance import sample_guidance
from mmssl.samplers.guidance_checks import STRATEGIES, check_guidance_options

__all__ = [
    'STRATEGIES',
    'BoxPairOptions',
    'BoxPairs',
    'check_guidance_options',
    'sample_box_pairs',
    'sample_guidance',
]
