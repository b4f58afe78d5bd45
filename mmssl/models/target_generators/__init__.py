"""What makes targets of a teacher's features."""

from mmssl.models.target_generators.part_labels import PartLabels

__all__ = ['PartLabels']
