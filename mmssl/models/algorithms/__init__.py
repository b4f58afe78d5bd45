"""Algorithms: whole models."""

from mmssl.models.algorithms.base import BaseAlgorithm
from mmssl.models.algorithms.cmp import CMP

__all__ = ['CMP', 'BaseAlgorithm']
