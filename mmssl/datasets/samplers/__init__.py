"""Samplers of numbered draws."""

from mmssl.datasets.samplers.draws import Draw, DrawSampler
from mmssl.datasets.samplers.given_iterations import GivenIterationSampler
from mmssl.datasets.samplers.numbered import NumberedSampler

__all__ = [
    'Draw',
    'DrawSampler',
    'GivenIterationSampler',
    'NumberedSampler',
]
