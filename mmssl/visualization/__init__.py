"""Pictures of flow, guidance and errors, and training curves.

Functions here turn arrays into uint8 RGB arrays; they read no files.
"""

from mmssl.visualization.flow_color import flow_to_rgb
from mmssl.visualization.guidance import draw_guidance
from mmssl.visualization.panels import flow_panel, input_panel

__all__ = ['draw_guidance', 'flow_panel', 'flow_to_rgb', 'input_panel']
