"""Pictures of flow, guidance and errors, and training curves.

Functions here turn arrays into uint8 RGB arrays; they read no files.
"""

from mmssl.visualization.flow_color import flow_to_rgb
from mmssl.visualization.guidance import draw_guidance
from mmssl.visualization.local_backend import LocalVisBackend
from mmssl.visualization.panels import flow_panel, input_panel

__all__ = [
    'LocalVisBackend',
    'draw_guidance',
    'flow_panel',
    'flow_to_rgb',
    'input_panel',
]
