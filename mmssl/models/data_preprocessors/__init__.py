"""Data preprocessors."""

from mmssl.models.data_preprocessors.flow import FlowDataPreprocessor
from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor

__all__ = ['FlowDataPreprocessor', 'ViewsDataPreprocessor']
