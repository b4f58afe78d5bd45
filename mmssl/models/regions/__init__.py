"""What of the backbone's maps the method compares: boxes, or all."""

from mmssl.models.regions.fpn_regions import FPNRegions
from mmssl.models.regions.global_regions import GlobalRegions
from mmssl.models.regions.roi_regions import RoIRegions

__all__ = ['FPNRegions', 'GlobalRegions', 'RoIRegions']
