"""Hooks of the training and validation loops."""

from mmssl.engine.hooks.flow_visualization_hook import FlowVisualizationHook

__all__ = ['FlowVisualizationHook']
