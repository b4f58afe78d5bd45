"""Pictures of flow, guidance, errors and box pairs, and training curves.

Functions here turn arrays into uint8 RGB arrays; they read no files.
"""

from mmssl.visualization.box_pairs import box_pairs_panel
from mmssl.visualization.flow_color import flow_to_rgb
from mmssl.visualization.guidance import draw_guidance
from mmssl.visualization.local_backend import LocalVisBackend
from mmssl.visualization.panels import flow_panel, input_panel

__all__ = [
    'LocalVisBackend',
    'box_pairs_panel',
    'draw_guidance',
    'flow_panel',
    'flow_to_rgb',
    'input_panel',
]
