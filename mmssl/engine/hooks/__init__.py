"""Hooks of the training and validation loops."""

from mmssl.engine.hooks.average_loss_hook import AverageLossHook
from mmssl.engine.hooks.flow_visualization_hook import FlowVisualizationHook
from mmssl.engine.hooks.plain_message_hub_hook import PlainMessageHubHook
from mmssl.engine.hooks.resume_draws_hook import ResumeDrawsHook

__all__ = [
    'AverageLossHook',
    'FlowVisualizationHook',
    'PlainMessageHubHook',
    'ResumeDrawsHook',
]
