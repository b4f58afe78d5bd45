"""Choice of points and regions: pure numpy, the generator is passed in."""

from mmssl.samplers.guidance import sample_guidance
from mmssl.samplers.guidance_checks import STRATEGIES, check_guidance_options

__all__ = ['STRATEGIES', 'check_guidance_options', 'sample_guidance']
