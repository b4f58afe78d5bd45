"""Data preprocessors."""

from mmssl.models.data_preprocessors.flow import FlowDataPreprocessor

__all__ = ['FlowDataPreprocessor']
